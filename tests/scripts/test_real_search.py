"""Searches that train, compared over time: the arithmetic, the flat space, and which searches are still to be run."""

import json
import math
import subprocess
import sys
from pathlib import Path

import optuna
import pytest
from optuna.samplers import RandomSampler, TPESampler

from gnas_ray.core import UsageError
from gnas_ray.experiment import load_experiment
from real_bench.courses import Course, error_at, improvements, mean_at, reached
from real_bench.flat_space import FlatSpace
from real_bench.plot import draw
from real_bench.race import SYSTEMS, Race
from real_bench.summary import HEADER, summaries
from real_bench.work_folder import missing, open_work, read_courses, write_course

SCRIPT = Path(__file__).parents[2] / "scripts" / "bench_real_search"
EXPERIMENT = "movielens-100k.yaml"


def course(*steps, system="ours", seed=0, num_trials=5):
    return Course(system, seed, steps, num_trials, 40, 0)


def test_only_improvements_in_time_are_kept():
    measured = [(1, math.nan), (2, 0.1), (3, 0.1), (4, 0.05), (5, 0.3), (6, 0.2), (9.5, 0.4), (11, 0.5)]
    assert improvements(measured, until=9.5) == ((2, 0.1), (5, 0.3), (9.5, 0.4))
    assert improvements([], until=10) == ()


def test_the_best_value_holds_until_the_next_improvement():
    one = course((2, 0.1), (5, 0.3))
    assert [one.at(seconds) for seconds in (2, 4.9, 5, 100)] == [0.1, 0.1, 0.3, 0.3]
    assert math.isnan(one.at(1.9))


def test_searches_are_averaged_once_all_have_a_value():
    both = [course((2, 0.1), (5, 0.3)), course((3, 0.2), (8, 0.5))]
    assert math.isnan(mean_at(both, 2))
    assert [mean_at(both, seconds) for seconds in (3, 5, 8)] == pytest.approx([0.15, 0.25, 0.4])
    assert error_at(both, 8) == pytest.approx(0.1)  # .3 and .5: deviation .1 sqrt(2), over sqrt(2)
    assert math.isnan(error_at(both[:1], 8))


def test_a_value_is_reached_when_the_mean_of_the_searches_is_there():
    both = [course((2, 0.1), (5, 0.3)), course((3, 0.2), (8, 0.5))]
    assert [reached(both, value) for value in (0.15, 0.16, 0.25, 0.4)] == [3, 5, 5, 8]
    assert reached(both, 0.41) == math.inf


def test_a_row_says_how_soon_ours_had_what_the_other_found():
    ours = [course((10, 0.2), (40, 0.3), (90, 0.35)), course((20, 0.25), (30, 0.3), seed=1)]
    others = [course((5, 0.1), (60, 0.28), system="optuna_asha"), course((5, 0.2), (80, 0.3), system="optuna_asha")]
    rows = {row.system: row for row in summaries([*ours, *others], seconds=100)}
    assert rows["ours"].ours_after is None and rows["ours"].best_mean[-1] == pytest.approx(0.325)
    other = rows["optuna_asha"]
    assert other.best_mean == pytest.approx((0.15, 0.15, 0.29)) and other.best_se[-1] == pytest.approx(0.01)
    assert (other.ours_after, other.each_of_ours_after) == (0.4, (0.4, 0.3))
    assert other.row().endswith("| 5 | 40 | 0.0 | 40% (40%, 30%) |")
    assert other.row().count("|") == HEADER.splitlines()[0].count("|") == HEADER.splitlines()[1].count("|")


def test_what_was_never_reached_or_has_no_error_is_null_in_json():
    rows = list(summaries([course((1, 0.1)), course((1, 0.2), system="uniform_asha")], seconds=10))
    plain = json.loads(json.dumps(rows[1].to_dict()))
    assert plain["ours_after"] is None and plain["each_of_ours_after"] == [None] and plain["best_se"] == [None] * 3
    assert plain["best_mean"] == [0.2] * 3 and "never (never)" in rows[1].row()


@pytest.mark.parametrize("sampler", [RandomSampler, TPESampler])
def test_what_is_sampled_from_the_flat_space_is_a_member(sampler):
    """Asked as `OptunaSearch` asks, and told, so that TPE also samples from what it has learnt."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    experiment = load_experiment(EXPERIMENT)
    space = experiment.search_space
    flat = FlatSpace(space)
    study = optuna.create_study(sampler=sampler(seed=0), direction="maximize")
    for known in experiment.prior_members:
        study.enqueue_trial({**known.architecture, **known.hyperparameters})
    specs = []
    for number in range(60):
        trial = study.ask()
        flat(trial)
        study.tell(trial, number % 7)
        specs.append(flat.spec(trial.params))
        assert space.check(specs[-1].architecture, specs[-1].hyperparameters) == []
        assert specs[-1].member.keys() == trial.params.keys()
    known = experiment.prior_members
    assert [space.key(spec.architecture) for spec in specs[: len(known)]] == [space.key(m.architecture) for m in known]
    assert len({spec.seed for spec in specs}) == len({str(spec.member) for spec in specs})
    assert {spec.architecture["num_layers"] for spec in specs} == {1, 2, 3, 4}


def test_everything_may_be_sampled():
    """Each option of each choice, in a space small enough: 300 draws miss one of five options in 10^-28 of cases."""
    space = load_experiment(EXPERIMENT).search_space
    flat, study = FlatSpace(space), optuna.create_study(sampler=RandomSampler(seed=0))
    drawn = []
    for _ in range(300):
        flat(trial := study.ask())
        drawn.append(trial.params)
    for choice in (*space.decisions, *space.hyperparameters):
        values = {params[choice.name] for params in drawn if choice.name in params}
        assert values == set(choice.options) if hasattr(choice, "options") else len(values) > 20, choice.name


def race(**changes):
    return Race(**{"experiment": EXPERIMENT, "minutes": 45, "workers": 2, **changes})


def test_all_begin_with_the_same_knowledge_and_no_other_limit_than_time():
    experiment = race().load(seed=3)
    assert (experiment.seed, experiment.budget.minutes, experiment.resources.concurrent_trials) == (3, 45, 2)
    assert experiment.prior_members == () and not experiment.search_space.is_weighted
    assert experiment.search_space == load_experiment(EXPERIMENT).search_space
    assert experiment.scheduler == load_experiment(EXPERIMENT).scheduler
    assert experiment.budget.trials > 10_000
    assert race(has_prior=True).load(seed=3).prior_members == load_experiment(EXPERIMENT).prior_members


def test_seeds_come_one_after_another_and_what_ended_is_not_run_again(tmp_path):
    open_work(tmp_path, race())
    assert missing(tmp_path, ["a", "b", "c"], [0, 1]) == [
        ("a", 0), ("b", 0), ("c", 0), ("b", 1), ("c", 1), ("a", 1)
    ]  # fmt: skip
    ended = [course((1.5, 0.25), system="b"), course((2, 0.5), (3, 0.75), system="c", seed=1)]
    for one in ended:
        write_course(tmp_path, one)
    assert missing(tmp_path, ["a", "b", "c"], [0, 1]) == [("a", 0), ("c", 0), ("b", 1), ("a", 1)]
    assert read_courses(tmp_path, ["a", "b", "c"], [0, 1]) == ended
    assert read_courses(tmp_path, ["b", "c"], [1, 2]) == ended[1:]


def test_a_work_folder_has_searches_that_can_be_compared(tmp_path):
    open_work(tmp_path, race())
    open_work(tmp_path, race())
    for other in (race(minutes=10), race(workers=1), race(has_prior=True), race(experiment="quickstart.yaml")):
        with pytest.raises(UsageError, match="choose another --work"):
            open_work(tmp_path, other)


def bench(*words):
    command = [sys.executable, str(SCRIPT), "--max-minutes", "0", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_the_script_shows_what_there_is(tmp_path):
    work = tmp_path / "work"
    open_work(work, race(minutes=1))
    for system, value in zip(SYSTEMS, (0.3, 0.2, 0.1), strict=True):
        write_course(work, course((30, value), system=system))
    done = bench("--work", work, "--minutes", 1, "--plot", tmp_path / "plot.html")
    assert done.returncode == 0, done.stderr
    assert [line.split("|")[1].strip() for line in done.stdout.splitlines()[2:]] == list(SYSTEMS)
    assert "50% (50%)" in done.stdout
    assert "optuna_asha, seed 0" in (tmp_path / "plot.html").read_text()
    refused = bench("--work", work, "--minutes", 2)
    assert refused.returncode == 1 and "choose another --work" in refused.stderr


def test_an_objective_beside_the_first_is_refused(tmp_path):
    file = tmp_path / "several.yaml"
    text = "name: several\ndata: {dataset: movielens-100k}\nspace: recsys.yaml\nobjective: {minimise: [latency_ms]}\n"
    file.write_text(text)
    with pytest.raises(UsageError, match="compared by one"):
        race(experiment=str(file)).load(seed=0)


def test_a_plot_has_a_line_for_each_search_and_each_mean(tmp_path):
    draw([course((1, 0.1)), course((2, 0.2), seed=1)], tmp_path / "p.html", objective="ndcg@20", seconds=60)
    text = (tmp_path / "p.html").read_text()
    assert "ours, seed 0" in text and "ours, seed 1" in text and '"name":"ours"' in text

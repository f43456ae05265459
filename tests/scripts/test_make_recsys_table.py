"""The table of recommenders: which members are trained, that no sitting trains one again, and what is read of it."""

import math
import random
import statistics
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from gnas_ray.core import Ending
from gnas_ray.experiment import load_experiment
from gnas_ray.experiment.loader import load_space
from gnas_ray.space import build_space
from gnas_ray.surrogates.encoding import place
from search_bench.recsys import RecsysTable
from search_bench.recsys_file import read_settings, read_table, write_table
from search_bench.recsys_members import (
    LAG,
    Members,
    TrainedMember,
    completed,
    has_trained_out,
    read_trained,
    write_trained,
)
from search_bench.recsys_surrogate import CurveModel, cross_validate, families_of
from search_bench.recsys_training import Limits, Trainee, train_member
from tests.driver.small_experiment import write_small_experiment
from tests.training.checkerboard import checkerboard_task

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_recsys_table"
PRIOR = {"item_features": "id", "num_layers": 0, "loss": "bpr"}
SHIPPED = ("movielens-100k.yaml", "quickstart.yaml")
SPACE = build_space(load_space("recsys.yaml"))
EPOCHS = 6


def known_curve(member):
    """Higher with the learning rate and without layers, and rising: .1 at first, and then by a sixth of the way."""
    (rate,) = (place(h, member.hyperparameters[h.name]) for h in SPACE.hyperparameters if h.name == "learning_rate")
    final = 0.1 + 0.1 * rate + 0.1 * (member.architecture["num_layers"] == 0)
    return [0.1 + (final - 0.1) * epoch / EPOCHS for epoch in range(1, EPOCHS + 1)]


def as_if_trained(member, **changes):
    curve = known_curve(member)
    seconds = [1.0, *[0.5 + member.architecture["num_layers"]] * (EPOCHS - 1)]
    fields = {"curves": {"ndcg@20": curve, "recall@20": curve}, "seconds": seconds, "ending": Ending.FINISHED}
    num_parameters = 100.0 * member.hyperparameters["embedding_size"] * (1 + member.architecture["num_layers"])
    costs = {"num_parameters": num_parameters, "peak_memory_bytes": 20, "latency_ms": 0.5}
    fields |= {"failure": "", "detail": "", "seconds_to_end": sum(seconds), **costs}
    return TrainedMember(**{**vars(member), **fields, **changes})


def make_members(count, *, seed=0):
    """The members of the whole space, each as if trained before the next is chosen."""
    members = Members(SPACE, [load_experiment(name) for name in SHIPPED], seed=seed)
    trained = {}
    for index in range(count):
        trained[index] = as_if_trained(members.member(index, trained))
    return members, trained


@pytest.fixture(scope="module")
def trained():
    return make_members(150)[1]


def test_the_first_members_are_the_priors_each_once(trained):
    priors = [member for member in trained.values() if member.origin == "prior"]
    assert [member.index for member in priors] == list(range(len(priors)))
    known = [prior for name in SHIPPED for prior in load_experiment(name).prior_members]
    assert len(known) > len(priors) > 5  # some are in both files
    for prior in known:
        alike = [m for m in priors if m.architecture == completed(SPACE, prior.architecture)]
        assert any(prior.hyperparameters.items() <= member.hyperparameters.items() for member in alike)


def test_all_members_are_of_the_space_and_differ_from_those_known_before(trained):
    assert [SPACE.check(member.architecture, member.hyperparameters) for member in trained.values()] == [[]] * 150
    for index, member in trained.items():
        assert all(member.choices != trained[known].choices for known in range(max(index - LAG, 0)))


def test_every_other_member_is_a_mutation_of_one_of_the_best_before_it(trained):
    later = [trained[index] for index in range(LAG + 2, 150)]
    assert [member.origin for member in later] == ["uniform", "mutation"] * (len(later) // 2)
    changed_architectures = 0
    for child in later[1::2]:
        known = sorted((trained[i] for i in range(child.index - LAG)), key=lambda m: -m.value)
        parent = trained[child.parent]
        assert parent.value >= known[min(len(known), max(5, math.ceil(len(known) / 10))) - 1].value
        if child.architecture == parent.architecture:
            assert child.hyperparameters != parent.hyperparameters
        else:
            changed_architectures += 1
            kept = child.hyperparameters.keys() & parent.hyperparameters.keys()
            assert all(child.hyperparameters[name] == parent.hyperparameters[name] for name in kept)
    assert 0.3 < changed_architectures / len(later[1::2]) < 0.7


def test_a_member_follows_from_its_index_and_waits_for_those_that_it_may_come_from(trained):
    members, again = make_members(60)
    assert [again[i] for i in range(60)] == [trained[i] for i in range(60)]
    enough = {index: trained[index] for index in range(59 - LAG)}
    assert members.member(59, enough) == members.member(59, trained)
    assert members.member(59, {i: m for i, m in enough.items() if i != 59 - LAG - 1}) is None
    assert members.member(58, {}) == members.member(58, trained), "a uniform one comes from nobody"
    assert make_members(13, seed=1)[1][12].choices != trained[12].choices


def test_trained_out_after_as_many_epochs_as_the_patience():
    assert has_trained_out([0.1, 0.3, 0.2, 0.3], 2)
    assert not has_trained_out([0.1, 0.3, 0.2, 0.31], 2)
    assert not has_trained_out([0.3, 0.2], 2)


def test_a_member_is_read_as_it_was_written(trained, tmp_path):
    some = [trained[0], replace(trained[4], ending=Ending.FAILED, failure="nan", num_parameters=None)]
    for member in some:
        write_trained(tmp_path, member)
    assert list(read_trained(tmp_path).values()) == some
    write_table(tmp_path / "table.parquet", some[::-1], {"patience": 3})
    assert read_settings(tmp_path / "table.parquet") == {"patience": 3}
    (first, second) = read_table(tmp_path / "table.parquet", SPACE)
    assert first.objective == pytest.approx(some[0].objective, rel=1e-6)  # 32 bits
    assert (second.index, second.choices, second.value, second.failure) == (4, some[1].choices, None, "nan")


@pytest.fixture
def table(trained, tmp_path):
    rows = [*trained.values()]
    rows[20] = replace(rows[20], ending=Ending.FAILED, failure="nan", seconds=[1.0], curves={"ndcg@20": [0.2]})
    settings = {"space": "recsys.yaml", "max_epochs": EPOCHS, "patience": 3}
    write_table(tmp_path / "table.parquet", rows, settings)
    return RecsysTable(tmp_path / "table.parquet")


def test_a_trained_member_has_its_own_curve(table, trained):
    values = {index: member.value for index, member in trained.items() if index != 20}
    best = max(values, key=values.get)
    seconds, curve = zip(*table.training(trained[best].choices).epochs, strict=True)
    assert curve == pytest.approx(known_curve(trained[best]), rel=1e-6)
    assert seconds == pytest.approx(trained[best].seconds)
    assert table.value(trained[best].choices) == table.best
    assert table.regret(table.best) == 0
    assert math.isfinite(table.regret(table.worst)) and table.regret(table.worst) > 1


def test_a_member_that_failed_has_no_value_but_what_came_before(table, trained):
    assert table.value(trained[20].choices) is None
    training = table.training(trained[20].choices)
    assert training.epochs == [(1.0, pytest.approx(0.2))]
    assert training.seconds_to_failure == pytest.approx(trained[20].seconds_to_end - 1.0)


def test_a_member_that_was_not_trained_has_the_predicted_curve(table, trained):
    unknown = make_members(40, seed=5)[1]
    members = [member for member in unknown.values() if member.origin == "uniform"]
    errors = []
    for member in members:
        training = table.training(member.choices)
        assert table.training(member.choices) is training
        curve = training.epochs
        assert 1 <= len(curve) <= EPOCHS and all(seconds > 0 for seconds, _ in curve)
        assert table.value(member.choices) == max(value for _, value in curve)
        assert 0 <= table.regret(table.value(member.choices)) < math.inf
        errors.append(abs(table.value(member.choices) - member.value))
    assert sum(errors) / len(errors) < 0.03  # values are .1 to .3, and .05 from their mean on average
    assert (table.best, table.worst) == (pytest.approx(max(m.value for m in trained.values())), table.worst)


def test_costs_are_measured_or_predicted_and_the_table_is_that_of_the_trained(table, trained):
    known, unknown = trained[3], make_members(40, seed=5)[1]
    assert table.costs(known.choices) == {
        "epoch_seconds": pytest.approx(statistics.median(known.seconds)),
        "num_parameters": known.num_parameters,
    }
    before = [*table.everything(table.cost_names)], table.limit("num_parameters", 0.3)
    errors = [
        abs(math.log(table.costs(member.choices)["num_parameters"] / member.num_parameters))
        for member in unknown.values()
        if member.origin == "uniform"
    ]
    assert statistics.fmean(errors) < 0.3
    assert all(table.costs(member.choices)["epoch_seconds"] > 0 for member in unknown.values())
    assert ([*table.everything(table.cost_names)], table.limit("num_parameters", 0.3)) == before
    cheap = table.keeping([before[1]])
    assert [cheap.value(m.choices) is not None for m in unknown.values()] == [
        table.costs(m.choices)["num_parameters"] <= before[1].bound for m in unknown.values()
    ]


def test_a_predicted_curve_ends_where_training_would(trained, tmp_path):
    falling = {"ndcg@20": [0.2, 0.3, 0.25, 0.2, 0.15, 0.1]}
    rows = [replace(member, curves=falling) for member in trained.values()]
    write_table(tmp_path / "t.parquet", rows, {"space": "recsys.yaml", "max_epochs": EPOCHS, "patience": 3})
    training = RecsysTable(tmp_path / "t.parquet").training(make_members(13, seed=5)[1][12].choices)
    assert [value for _, value in training.epochs] == pytest.approx([0.2, 0.3, 0.25, 0.2, 0.15])


def test_a_training_that_was_given_up_for_its_cost_goes_on_as_it_was(trained, tmp_path):
    slow = replace(
        trained[0], ending=Ending.STOPPED, curves={"ndcg@20": [0.1, 0.3]}, seconds=[300.0, 310.0], seconds_to_end=610.0
    )
    rows = [slow, *(trained[index] for index in range(1, 150))]
    write_table(tmp_path / "t.parquet", rows, {"space": "recsys.yaml", "max_epochs": EPOCHS, "patience": 3})
    table = RecsysTable(tmp_path / "t.parquet")
    seconds, values = zip(*table.training(slow.choices).epochs, strict=True)
    assert values == pytest.approx((0.1, 0.3, 0.3, 0.3, 0.3))  # no better for three epochs
    assert seconds == pytest.approx((300, 310, 305, 305, 305))
    whole = 1525 + sum(member.seconds_to_end for member in rows[1:])
    assert table.curves.mean_seconds == pytest.approx(whole / 150)


def test_a_curve_that_ended_early_goes_on_at_its_last_value(trained):
    rows = [replace(member, curves={"ndcg@20": [0.1, 0.2]}, seconds=[1.0, 2.0]) for member in trained.values()]
    model = CurveModel(SPACE, rows, num_epochs=4)
    assert model.curves([rows[0].choices])[0].tolist() == pytest.approx([0.1, 0.2, 0.2, 0.2])
    assert model.seconds([rows[0].choices])[0].tolist() == pytest.approx([1.0, 2.0, 2.0, 2.0])


def test_held_out_members_are_ranked_as_far_as_there_is_something_to_learn(trained):
    known = cross_validate(SPACE, [*trained.values()], num_epochs=EPOCHS, epoch=2, folds=3)
    everyone = known[0]
    assert (everyone.members, everyone.count) == ("all", 150)
    assert min(everyone.best, everyone.at_epoch, everyone.seconds, everyone.num_parameters) > 0.6
    shuffled = random.Random(0).sample([*trained.values()], 150)
    nonsense = [replace(one, curves=other.curves) for one, other in zip(trained.values(), shuffled, strict=True)]
    assert abs(cross_validate(SPACE, nonsense, num_epochs=EPOCHS, epoch=2, folds=3)[0].best) < 0.4


def test_a_family_is_a_member_and_all_that_descends_from_it(trained):
    members = sorted(trained.values(), key=lambda member: member.index)
    families = families_of(members[::-1])
    mutations = [member for member in members if member.parent is not None]
    assert mutations
    for member in members:
        root = member
        while root.parent is not None:
            root = trained[root.parent]
        assert families[member.index] == root.index
    apart = cross_validate(SPACE, members, num_epochs=EPOCHS, epoch=2, whole_families=True, folds=3)
    assert [row.members for row in apart] == ["all", "not mutations", "mutations", "better half"]


# Real trainings.


@pytest.fixture
def task(tmp_path):
    return checkerboard_task(tmp_path, max_epochs=4)


def test_a_training_that_diverges_is_a_row_with_what_came_before_it(task, trained):
    wild = replace_choices(trained[0], optimiser="sgd", learning_rate=1e30)
    failed = train_member(wild, task, Limits(patience=4, max_seconds=60))
    assert (failed.ending, failed.failure, failed.value) == (Ending.FAILED, "nan", None)
    assert "NaN" in failed.detail and failed.seconds_to_end > sum(failed.seconds)


def test_an_exception_is_a_row(task, trained):
    odd = replace_choices(trained[0], batch_size="many")
    assert train_member(odd, task, Limits(4, 60)).failure == "exception"


def test_a_training_ends_by_itself_by_patience_or_for_its_cost(task, trained):
    still = replace_choices(trained[7], learning_rate=1e-12)
    endings = []
    for patience, max_seconds in ((9, 60), (2, 60), (9, 0)):
        member = train_member(still, task, Limits(patience, max_seconds))
        endings.append((len(member.objective), member.ending, member.detail.split(" ")[0]))
    assert endings == [(4, Ending.FINISHED, ""), (3, Ending.FINISHED, "no"), (1, Ending.STOPPED, "more")]
    assert member.num_parameters > 0 and member.peak_memory_bytes > 2**20 and member.latency_ms > 0


def test_a_process_that_dies_is_a_row(task, trained):
    trainee = Trainee(task, Limits(4, 60))
    trainee.train(replace_choices(trained[0]))
    trainee.process.kill()
    lost, is_alive = trainee.hear()
    assert (lost.index, lost.failure, lost.value, is_alive) == (0, "worker_lost", None, False)


def replace_choices(member, **hyperparameters):
    """The member before it was trained, with other hyperparameters."""
    from search_bench.recsys_members import Member

    fields = {name: getattr(member, name) for name in Member.__dataclass_fields__}
    return Member(**{**fields, "hyperparameters": {**member.hyperparameters, **hyperparameters}})


def sit(folder, *words):
    experiment = folder / "small.yaml"
    if not experiment.exists():
        write_small_experiment(folder)
        prior = {"architecture": PRIOR, "hyperparameters": {"learning_rate": 0.01}}
        experiment.write_text(
            yaml.safe_dump({**yaml.safe_load(experiment.read_text()), "prior": [prior]}, sort_keys=False)
        )
    options = {"experiment": experiment, "space": experiment, "work": folder / "work", "table": folder / "t.parquet"}
    options |= {"max-epochs": 2, "jobs": 1}
    command = [sys.executable, SCRIPT, *(str(w) for o, v in options.items() for w in (f"--{o}", v)), *words]
    environment = {"GNAS_RAY_HOME": str(folder / "home"), "PATH": ""}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)


def test_a_sitting_trains_what_is_missing_and_writes_the_table(tmp_path):
    first = sit(tmp_path, "--members", "2")
    assert first.returncode == 0, first.stderr
    assert "2/2 (0 failed): member 1, uniform" in first.stderr
    assert len(list((tmp_path / "work").glob("0*.json"))) == 2

    (tmp_path / "work").rename(tmp_path / "lost")  # the table has what the second sitting needs
    second = sit(tmp_path, "--members", "3")
    assert second.returncode == 0, second.stderr
    assert second.stderr.startswith("3/3 (0 failed): member 2, uniform")  # the first that it trained
    assert [file.name for file in (tmp_path / "work").glob("0*.json")] == ["00002.json"]

    rows = pq.read_table(tmp_path / "t.parquet").to_pylist()
    assert [(row["index"], row["origin"], row["ending"]) for row in rows] == [
        (0, "prior", "finished"),
        (1, "uniform", "finished"),
        (2, "uniform", "finished"),
    ]
    assert all(len(row["seconds"]) == 2 and dict(row["curves"]).keys() == {"ndcg@10", "recall@20"} for row in rows)
    refused = sit(tmp_path, "--patience", "3")
    assert refused.returncode == 1 and "choose another --work" in refused.stderr


def test_members_of_an_older_space_are_completed_with_what_happens_without_the_decision():
    drawn = SPACE.sample_architecture(random.Random(3))
    older = {name: option for name, option in drawn.items() if name not in ("adversarial", "augmentation")}
    whole = completed(SPACE, older)
    assert SPACE.check(whole, SPACE.sample_hyperparameters(whole, random.Random(0))) == []
    assert whole["adversarial"] == "none" and {**whole, **older} == whole

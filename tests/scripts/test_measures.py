"""Searches over learning curves: what they spend, whom they choose, and what is proposed late."""

import dataclasses
import statistics

import pytest

from gnas_ray.core import Ending, Measurement, RungLadder, TrialSpec
from gnas_ray.search.simulate import Epoch
from search_bench.measures import hypervolume, late, regret, spending
from search_bench.references.ray_asha import stopped_by_ray
from search_bench.runs import Run, check_searcher, plan_of, searched
from search_bench.tables import load_table
from tests.scripts.curved_table import Curved

RUNGS = (1, 3, 9, 9)
RISING = {option: [0.01 * option * (1 + epoch) for epoch in range(9)] for option in range(100)}


def make_run(searcher="uniform", *, seed=0, budget=10, num_workers=1, stopping="asha", overrides=None):
    return Run(searcher, "toy", seed, budget, num_workers, overrides or {}, stopping=stopping)


def regrets(run, table):
    (course,) = regret(run, table).values()
    return course


def test_a_member_counts_as_good_as_it_is_whole_however_far_it_was():
    table = Curved({0: [0.2, 0.6, 0.4]}, rungs=(1, 3, 3, 3))
    table.best, table.median = 1.0, 0.5
    points = regrets(make_run(budget=1), table)
    thirds = [pytest.approx(third / 3) for third in (1, 2, 3, 3)]  # three epochs, and the ending
    assert [spent for spent, _ in points] == thirds
    assert [value for _, value in points] == [pytest.approx(0.8)] * 4


def test_who_measured_best_is_chosen_and_no_more_once_it_has_failed():
    table = Curved({0: [0.3, 0.3], 1: [0.9, 0.9], 2: [0.1, 0.1]}, rungs=(2, 2, 2, 2), failing=(1,))
    orders = set()
    for seed in range(8):
        run = make_run(seed=seed, budget=100)
        order = [record.spec.member["option"] for record in searched(run, table).ledger.trials()]
        orders.add(tuple(order))
        chosen = []
        for place, option in enumerate(order):
            trained = [other for other in order[:place] if other != 1]
            while_it_trains = table.worst if option == 1 else max(0.3 if o == 0 else 0.1 for o in (*trained, option))
            after = max((0.3 if o == 0 else 0.1 for o in (*trained, option) if o != 1), default=table.worst)
            chosen += [while_it_trains, while_it_trains, after]  # two epochs and the ending
        assert [value for _, value in regrets(run, table)] == pytest.approx([table.regret(value) for value in chosen])
    assert len(orders) > 2


def test_the_front_is_of_those_that_measured_best_and_counts_as_good_as_they_are_whole():
    """Stopped after an epoch, 3 is behind 2, which costs as much and would not have come so far."""
    curves = {0: [0.1, 0.2], 1: [0.1, 0.3], 2: [0.8, 0.8], 3: [0.7, 0.9]}
    prices = {0: 9.0, 1: 4.0, 2: 1.0, 3: 1.0}
    seen = set()
    for rungs in ((1, 9, 2, 2), (2, 9, 2, 2)):
        table = Curved(curves, rungs=rungs, prices=prices)
        for seed in range(8):
            run = dataclasses.replace(make_run(seed=seed, budget=100), minimise=("price",))
            (course,) = hypervolume(run, table).values()
            records = searched(run, table).ledger.trials()
            assert len(course) == len(records) == 4
            (fidelity,) = (record.fidelity for record in records if record.spec.member["option"] == 3)
            assert course[-1].value == pytest.approx(1.0 if fidelity == 2 else 0.25 / 0.35)
            seen.add(fidelity)
    assert seen == {1, 2}


def test_a_front_has_no_member_that_failed():
    table = Curved({0: [0.1], 1: [0.3], 2: [0.5]}, rungs=(1, 2, 1, 1), failing=(2,), prices={0: 2.0, 1: 1.0, 2: 0.1})
    (course,) = hypervolume(dataclasses.replace(make_run(budget=100), minimise=("price",)), table).values()
    assert course[-1].value == pytest.approx(1.0)


def test_early_stopping_tries_more_members_for_the_same_seconds():
    table = Curved(RISING, rungs=RUNGS)
    assert table.curves.mean_seconds == 9
    whole, early = (searched(make_run(stopping=stopping), table) for stopping in ("none", "asha"))
    assert [record.fidelity for record in whole.ledger.trials()] == [9] * 10
    stopped = [r.fidelity for r in early.ledger.trials() if r.outcome.ending is Ending.STOPPED]
    assert set(stopped) == {1, 3}
    assert early.ledger.num_trials > 1.5 * whole.ledger.num_trials
    epochs = sum(record.fidelity for record in early.ledger.trials())
    assert 90 <= epochs < 99, "the last begins before ten whole trainings are spent"


def test_two_workers_spend_twice_what_the_clock_says():
    table = Curved(RISING, rungs=RUNGS)
    run = make_run(stopping="none", num_workers=2)
    ledger = searched(run, table).ledger
    assert [record.started for record in ledger.trials()] == [0, 0, 9, 9, 18, 18, 27, 27, 36, 36]
    assert spending(run, table, ledger)[-1][0] == pytest.approx(10)


def test_a_search_hears_what_epochs_take():
    table = Curved(RISING, rungs=RUNGS)
    tried = searched(make_run(), table).ledger.trials()
    heard = [measurement.metrics["epoch_seconds"] for record in tried for measurement in record.measurements]
    assert heard and set(heard) == {1.0}


def test_the_table_s_rungs_can_be_changed_as_far_as_its_trainings_allow():
    table = Curved(RISING, rungs=RUNGS)
    changed = make_run(overrides={"scheduler": {"grace_period": 2, "reduction_factor": 2}})
    assert plan_of(changed, table).rungs == RungLadder(2, 2, 9, 9)
    assert plan_of(dataclasses.replace(changed, stopping="none"), table).rungs.fidelities == (9,)
    with pytest.raises(ValueError, match=r"scheduler\.patience is 10; the table's trainings had 9"):
        plan_of(make_run(overrides={"scheduler": {"patience": 10}}), table)
    with pytest.raises(ValueError, match=r"scheduler\.grace_period is 10; trainings end from 10"):
        plan_of(make_run(overrides={"scheduler": {"grace_period": 10, "max_epochs": 27}}), table)


def test_late_is_the_mean_of_the_later_half():
    table = Curved(RISING, rungs=RUNGS)
    run = make_run(budget=8)
    options = [record.spec.member["option"] for record in searched(run, table).ledger.trials()]
    courses = late(run, table)
    for name, factor in (("start", 0.01), ("whole", 0.09)):
        values = [value for _, value in courses[name]]
        assert len(values) == len(options) > 10
        assert values[0] == pytest.approx(factor * options[0])
        assert values[4] == pytest.approx(factor * statistics.fmean(options[2:5]))
        assert values[9] == pytest.approx(factor * statistics.fmean(options[5:10]))
    later = make_run(budget=8, overrides={"scheduler": {"grace_period": 4}})
    (first, *_) = searched(later, table).ledger.trials()
    assert late(later, table)["start"][0].value == pytest.approx(0.04 * first.spec.member["option"])
    with pytest.raises(ValueError, match="nas-bench-graph:cora has no learning curves"):
        late(dataclasses.replace(run, table="nas-bench-graph:cora"), load_table("nas-bench-graph:cora"))


def test_ray_compares_with_those_before_and_lets_the_first_go_on():
    def train(spec):
        for epoch in range(1, 10):
            yield Epoch(1.0, Measurement(epoch, {"value": 0.1 * spec.number + 0.01 * epoch}))

    started = []
    stopped = stopped_by_ray(train, RungLadder(1, 3, 9, 9), "value")
    for number in (1, 5, 2, 6, 4):
        reports = stopped(TrialSpec(number, {}, {}, seed=0))
        started.append(len(list(reports)))
    # By Ray's percentile, the best third of those before begins at the first, then at .67 of the way up:
    # 1 is alone; 5 is over 1; 2 is under 1 + .67 * 4 = 3.67; 6 is over 3 = of (1, 2, 5); 4 is under 5 of (1, 2, 5, 6).
    # All that pass the first rung meet the same at the second, of those that came so far.
    assert started == [9, 9, 1, 9, 1]


def test_what_has_trained_out_ends_also_with_ray():
    def train(spec):
        yield from (
            Epoch(1.0, Measurement(epoch, {"value": value})) for epoch, value in enumerate([0.1, 0.3, 0.2, 0.3, 0.2], 1)
        )

    assert len(list(stopped_by_ray(train, RungLadder(1, 3, 9, 2), "value")(TrialSpec(0, {}, {}, seed=0)))) == 4


@pytest.mark.parametrize("name", ["gp_hamming", "reinforce_graphnas", "ours/good_prior", "ours/transfer"])
def test_what_needs_a_table_of_options_is_refused_over_recommenders(name):
    with pytest.raises(ValueError, match=f"{name} needs"):
        check_searcher(name, "recsys:movielens-100k", {})
    check_searcher(name, "nas-bench-graph:cora", {})

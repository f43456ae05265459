"""What early stopping does to a search where members that start fast end worse."""

import itertools

import pytest

from gnas_ray.core import RungLadder
from gnas_ray.space import Decision, SearchSpace
from search_bench.curves import Curves, Training
from search_bench.measures import regret
from search_bench.runs import Run
from search_bench.tables import Table

EPOCHS = 9
SEEDS = range(3)


class Starts(Table):
    """Four options add up to a share q of .5; fast starters end at .4 + .5q, slow ones at .5 + .5q.

    Slow ones begin with a share `lag` less than they end with, which they make up for step by step. So the best
    slow one is at 1 - `lag` after an epoch, when the best fast one is at .9, but at 1 in the end, when that is still
    at .9; everything rises besides by a tenth of it.
    """

    def __init__(self, *, lag):
        decisions = (Decision("start", ("fast", "slow")), *(Decision(f"option.{i}", (0, 1, 2, 3)) for i in range(4)))
        trainings = {}
        for is_slow, options in itertools.product((False, True), itertools.product(range(4), repeat=4)):
            whole = (0.5 if is_slow else 0.4) + 0.5 * sum(options) / 12
            late = [lag * is_slow * (EPOCHS - epoch) / (EPOCHS - 1) for epoch in range(1, EPOCHS + 1)]
            rise = [0.9 + 0.1 * epoch / EPOCHS for epoch in range(1, EPOCHS + 1)]
            values = [whole * (1 - part) * share for part, share in zip(late, rise, strict=True)]
            trainings[_entry(is_slow, options)] = Training([(1.0, value) for value in values])
        curves = Curves(trainings, RungLadder(1, 3, EPOCHS, EPOCHS), EPOCHS, float(EPOCHS))
        values = {entry: training.value_at(EPOCHS) for entry, training in trainings.items()}
        super().__init__(SearchSpace(decisions), values, curves=curves)

    def entry(self, member):
        return _entry(member["start"] == "slow", [member[f"option.{i}"] for i in range(4)])


def _entry(is_slow, options):
    return int(f"{1 + is_slow}" + "".join(map(str, options)))


def num_slow(*, lag, stopping="asha", grace_period=1):
    """In how many of the searches by the default search, of 20 full-trial equivalents, a slow starter is chosen that
    is better than every fast one."""
    table = Starts(lag=lag)
    overrides = {"scheduler": {"grace_period": grace_period}}
    runs = [Run("ours", "starts", seed, 20, 1, overrides, stopping=stopping) for seed in SEEDS]
    best_fast = table.regret(0.9)
    return sum(regret(run, table)["regret"][-1].value < best_fast - 1e-9 for run in runs)


def test_fast_starters_are_ahead_at_first_and_behind_in_the_end():
    table = Starts(lag=0.15)
    fast, slow = ({"start": start, **{f"option.{i}": 3 for i in range(4)}} for start in ("fast", "slow"))
    assert table.training(fast).value_at(1) > table.training(slow).value_at(1)
    assert table.value(fast) == pytest.approx(0.9) and table.value(slow) == table.best == pytest.approx(1.0)


def test_a_search_that_stops_early_ends_at_slow_starters_as_often_as_one_that_does_not():
    assert num_slow(lag=0.15) == num_slow(lag=0.15, stopping="none") == len(SEEDS)


def test_where_no_slow_starter_gets_over_the_first_rung_more_grace_is_what_helps():
    """It never sees what those become: the limit of early stopping, and a case that the test above would find."""
    assert num_slow(lag=0.3) == 0
    assert num_slow(lag=0.3, grace_period=6) == len(SEEDS)

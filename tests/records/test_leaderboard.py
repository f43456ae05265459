"""Trials are ranked by the best they measured."""

import json

from gnas_ray.core import Constraint, Measurement, Objectives, Proposal
from gnas_ray.records.incumbents import incumbent_steps
from gnas_ray.records.leaderboard import LeaderboardRow, incumbent, leaderboard
from tests.records.trials import (
    FINISHED,
    NO_MEMORY,
    OBJECTIVE,
    OBJECTIVES,
    RUNGS,
    STOPPED,
    add,
    new_ledger,
    six_trials,
)


def six_rows() -> tuple[LeaderboardRow, ...]:
    return leaderboard(six_trials().trials(), objectives=OBJECTIVES, rungs=RUNGS)


def test_the_best_measured_ranks_first_whatever_rung_it_was_stopped_at() -> None:
    ledger = new_ledger()
    add(ledger, [0.1, 0.2, 0.25, 0.26, 0.27, 0.28, 0.27, 0.26, 0.25], FINISHED)
    add(ledger, [0.1, 0.3, 0.2], STOPPED)
    add(ledger, [0.29], None)
    rows = leaderboard(ledger.trials(), objectives=OBJECTIVES, rungs=RUNGS)
    assert [(row.number, row.objective, row.num_rungs) for row in rows] == [(1, 0.3, 2), (2, 0.29, 1), (0, 0.28, 3)]
    best = incumbent(rows)
    assert best is not None and best.number == 1


def test_what_has_no_value_comes_after_what_has() -> None:
    assert [row.number for row in six_rows()] == [3, 1, 4, 0, 5, 2]
    assert [row.rank for row in six_rows()] == [1, 2, 3, 4, 5, 6]


def test_the_incumbent_is_the_first_row_with_a_measurement() -> None:
    best = incumbent(six_rows())
    assert best is not None
    assert best.number == 3


def test_no_measurement_no_incumbent() -> None:
    ledger = new_ledger()
    add(ledger, [], None)
    assert incumbent(leaderboard(ledger.trials(), objectives=OBJECTIVES, rungs=RUNGS)) is None


def test_before_the_first_rung_the_best_so_far_counts() -> None:
    ledger = new_ledger()
    add(ledger, [0.2, 0.1], STOPPED)
    late = RUNGS.__class__(grace_period=5, reduction_factor=2, max_epochs=9)
    row = leaderboard(ledger.trials(), objectives=OBJECTIVES, rungs=late)[0]
    assert (row.num_rungs, row.objective) == (0, 0.2)


def test_a_trial_without_a_measurement_ranks_below_those_that_break_a_constraint() -> None:
    objectives = Objectives(OBJECTIVE, constraints=(Constraint.parse("epoch_seconds <= 1"),))
    ledger = new_ledger(objectives=objectives)
    add(ledger, [], None)
    add(ledger, [0.3], None, cost=3.0)
    add(ledger, [0.2], None, cost=2.0)
    rows = leaderboard(ledger.trials(), objectives=objectives, rungs=RUNGS)
    assert [row.number for row in rows] == [2, 1, 0]


def test_equal_values_are_on_the_front_together_and_failures_are_not() -> None:
    objectives = Objectives(OBJECTIVE, minimise=("epoch_seconds",))
    ledger = new_ledger(objectives=objectives)
    add(ledger, [0.3], STOPPED)
    add(ledger, [0.3] * 9, FINISHED)
    add(ledger, [0.3] * 9, NO_MEMORY)
    add(ledger, [0.3] * 9, FINISHED)
    rows = leaderboard(ledger.trials(), objectives=objectives, rungs=RUNGS)
    assert {row.number for row in rows if row.on_front} == {0, 1, 3}


def test_rows_are_strict_json_with_the_failure_s_reason() -> None:
    rows = json.loads(json.dumps([row.to_dict() for row in six_rows()], allow_nan=False))
    assert rows[0]["architecture"] == {"num_layers": 1, "layer.0.operator": "gat", "loss": "bpr"}
    assert rows[4]["objective"] is None
    assert rows[5]["failure"].endswith("MemoryError: too big")


def test_a_row_counts_seconds_from_start_to_end() -> None:
    seconds = {row.number: row.seconds for row in six_rows()}
    assert seconds[1] == 10  # the clock ticks once a write: nine measurements, one ending
    assert seconds[4] == 4
    assert seconds[5] == 0


def test_of_equals_in_the_first_objective_the_second_decides_and_not_how_crowded_a_front_is() -> None:
    """As the search has it: the last two are ends of the front, and the first is better than they in the second."""
    objectives = Objectives(OBJECTIVE, maximise=("mrr@20",), minimise=("epoch_seconds",))
    ledger = new_ledger(objectives=objectives)
    for second, seconds in ((0.5, 2.0), (0.4, 1.0), (0.6, 3.0), (0.55, 2.5)):
        proposal = Proposal({"num_layers": 0, "loss": "bpr"}, "policy")
        spec = ledger.begin(proposal, {"learning_rate": 0.01, "embedding_size": 64}, seed=7)
        ledger.measure(spec.number, Measurement(1, {OBJECTIVE: 0.3, "mrr@20": second, "epoch_seconds": seconds}))
        ledger.end(spec.number, STOPPED, 0.5)
    rows = leaderboard(ledger.trials(), objectives=objectives, rungs=RUNGS)
    best = incumbent(rows)
    assert best is not None and best.number == 2 and all(row.on_front for row in rows)
    assert incumbent_steps(ledger.trials(), objectives=objectives, rungs=RUNGS)[-1].number == 2
    assert "order" not in best.to_dict()

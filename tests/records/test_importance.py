"""Importances are computed within one rung, and not from a handful of trials."""

from dataclasses import replace

import pytest

from gnas_ray.core import Constraint, Objectives, RungLadder
from gnas_ray.ledger import Ledger
from gnas_ray.records.importance import MIN_TRIALS, Importances, importances
from tests.records.trials import FINISHED, NO_MEMORY, OBJECTIVE, RUNGS, STOPPED, add, many_trials, new_ledger


def of(ledger: Ledger, rungs: RungLadder = RUNGS) -> Importances:
    return importances(ledger.trials(), ledger.distributions, objectives=ledger.objectives, rungs=rungs)


def test_what_decides_the_value_comes_first() -> None:
    found = of(many_trials(60))
    assert next(iter(found.by_name)) == "layer.0.operator"
    assert sum(found.by_name.values()) == pytest.approx(1)
    assert (found.rung, found.num_trials) == (1, 60)


def test_too_few_trials_have_no_importances() -> None:
    found = of(many_trials(MIN_TRIALS - 1))
    assert found.by_name == {}
    assert found.num_trials == MIN_TRIALS - 1


def test_equal_trials_have_no_importances() -> None:
    ledger = new_ledger()
    for _ in range(MIN_TRIALS):
        add(ledger, [0.1], STOPPED)
    found = of(ledger)
    assert (found.by_name, found.num_trials) == ({}, MIN_TRIALS)
    assert "all alike" in found.why_none


def test_trials_are_compared_at_the_highest_rung_that_enough_reached() -> None:
    ledger = many_trials(5)
    for _ in range(MIN_TRIALS):
        add(ledger, [0.1, 0.2, 0.3], FINISHED)
    assert (of(ledger).rung, of(ledger).num_trials) == (3, MIN_TRIALS)


def test_what_has_trained_out_has_reached_every_rung() -> None:
    ledger = many_trials(5)
    for _ in range(MIN_TRIALS):
        add(ledger, [0.3, 0.2, 0.1], FINISHED)
    found = of(ledger, replace(RUNGS, patience=2))
    assert (found.rung, found.num_trials) == (9, MIN_TRIALS)


def test_what_failed_does_not_count_as_good() -> None:
    ledger = many_trials(60)
    for _ in range(40):
        add(ledger, [0.9], NO_MEMORY, operator="lightgcn")
    assert of(ledger) == of(many_trials(60))


def test_what_breaks_a_constraint_is_behind() -> None:
    ledger = new_ledger(objectives=Objectives(OBJECTIVE, constraints=(Constraint.parse("epoch_seconds <= 5"),)))
    for number in range(60):
        is_slow = number % 2 == 0
        add(ledger, [0.1], STOPPED, operator="gat" if is_slow else "lightgcn", cost=10 if is_slow else 1)
    assert next(iter(of(ledger).by_name)) == "layer.0.operator"

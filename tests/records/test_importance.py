"""Importances name what was planted, also in the trials of a search, which are no balanced sample."""

import random
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pytest

from gnas_ray.core import Constraint, Measurement, Objectives, TrialSpec
from gnas_ray.experiment import load_experiment
from gnas_ray.ledger import Ledger
from gnas_ray.records.findings import Findings, findings_of
from gnas_ray.records.importance import importances
from gnas_ray.records.trial_model import MIN_TRIALS, TrialModel
from gnas_ray.search.assemble import open_session
from gnas_ray.search.simulate import Epoch, Simulation, VirtualClock
from gnas_ray.space import Decision, SearchSpace
from gnas_ray.surrogates import Member
from tests.records.trials import FINISHED, NO_MEMORY, OBJECTIVE, RUNGS, SPACE, STOPPED, add, many_trials, new_ledger


def findings(ledger: Ledger) -> Findings:
    return findings_of(ledger, RUNGS, name="films")


PLANTED = {"num_layers", "loss", "linear_channel", "dropout", "layer.0.operator"}
"""What alone decides how good a member of the quickstart's space is, below."""


def quality(member: Member) -> float:
    """The shares of `PLANTED` are .63, .22, .09, .04 and .02 (by `importances` of this itself)."""
    return (
        0.2
        + 0.03 * (member["loss"] == "full_softmax")
        + 0.02 * float(member["num_layers"])
        + 0.02 * (member["linear_channel"] != "none")
        + 0.01 * (member.get("layer.0.operator") == "lightgcn")
        + 0.02 * (1 - abs(float(member["dropout"]) - 0.3) / 0.2)
    )


def train(spec: TrialSpec) -> Iterator[Epoch]:
    for epoch in range(1, 46):
        noise = 0.004 * random.Random(spec.seed).random()
        yield Epoch(1.0, Measurement(epoch, {OBJECTIVE: (quality(spec.member) + noise) * (1 - 0.7**epoch)}))


def searched(*settings: str) -> Mapping[str, float]:
    """The importances after a search for `quality`, four trials at once, some of them stopped early."""
    experiment = load_experiment("search_spaces/quickstart.yaml", ["budget.trials=60", *settings])
    clock = VirtualClock()
    with open_session(experiment, None, clock=clock) as session:
        Simulation(session, train, num_workers=4, clock=clock).run()
        return findings_of(session.ledger, experiment.rungs, name="planted").importances


@pytest.mark.parametrize("seed", [0, 1])
def test_what_was_planted_is_found_in_the_trials_of_a_search(seed: int) -> None:
    found = searched(f"seed={seed}")
    assert {"num_layers", "loss", "linear_channel"} < set(list(found)[:4])
    assert sum(share for name, share in found.items() if name in PLANTED) > 0.65


def test_random_trials_give_the_shares_that_there_are() -> None:
    found = searched("controller=uniform", "searcher=uniform", "surrogate=none")
    assert found["num_layers"] == pytest.approx(0.63, abs=0.15)
    assert found["loss"] == pytest.approx(0.22, abs=0.1)
    assert sum(share for name, share in found.items() if name in PLANTED) > 0.9


def test_shares_sum_to_one_and_are_the_same_whenever_they_are_asked_for() -> None:
    ledger = many_trials(60)
    found = findings(ledger).importances
    assert next(iter(found)) == "layer.0.operator"
    assert sum(found.values()) == pytest.approx(1)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert findings(ledger).importances == found


def test_a_choice_counts_for_what_becomes_active_with_it() -> None:
    class Known(TrialModel):
        def __init__(self) -> None: ...

        def predict(self, members: Sequence[Member]) -> tuple[np.ndarray, np.ndarray]:
            values = np.array([member.get("layer.0.operator") == "gat" for member in members], dtype=float)
            return values, values

    found = importances(Known(), SPACE)
    # A layer comes, and is gat, in 1/8 of all cases, and a gat goes in as many; with the layer there, gat and lightgcn
    # change places in 1/4 of all cases.
    assert found["num_layers"] == pytest.approx(0.5, abs=0.08)
    assert found["layer.0.operator"] == pytest.approx(0.5, abs=0.08)
    assert found["loss"] == found["learning_rate"] == 0


def test_where_nothing_can_be_changed_nothing_mattered() -> None:
    model = findings(many_trials(MIN_TRIALS)).model
    assert model is not None
    assert importances(model, SearchSpace((Decision("num_layers", (0,)), Decision("loss", ("bpr",))))) == {}


def test_too_few_trials_have_no_importances() -> None:
    found = findings(many_trials(MIN_TRIALS - 1))
    assert found.importances == {} and found.model is None
    assert (
        f"at least {MIN_TRIALS} trials at one rung; {MIN_TRIALS - 1} reached the first, 1 ep"
        in found.why_no_importances
    )


def test_equal_trials_have_no_importances() -> None:
    ledger = new_ledger()
    for _ in range(MIN_TRIALS):
        add(ledger, [0.1], STOPPED)
    found = findings(ledger)
    assert found.importances == {}
    assert "all trials are alike" in found.why_no_importances


def test_values_are_compared_at_the_highest_rung_that_enough_reached() -> None:
    ledger = many_trials(5)
    for _ in range(MIN_TRIALS):
        add(ledger, [0.1, 0.2, 0.3], FINISHED)
    assert findings(ledger).rung == 3
    assert findings(many_trials(5)).rung == 1


def test_a_stopped_trial_is_not_behind_because_it_was_stopped() -> None:
    """Whose like gain .2 after the first rung counts as what it would have come to, and not as what it had."""
    ledger = new_ledger()
    for number in range(MIN_TRIALS):
        start = 0.3 + 0.001 * number
        add(ledger, [start, start, start + 0.1, *[start + 0.1] * 5, start + 0.2], FINISHED)
    stopped = add(ledger, [0.3095], STOPPED)
    model = findings(ledger).model
    assert model is not None
    assert sum(score < model.score_of[stopped] for score in model.score_of.values()) == MIN_TRIALS / 2


def test_what_failed_does_not_count_as_good() -> None:
    ledger = many_trials(60)
    for _ in range(40):
        add(ledger, [0.9], NO_MEMORY, operator="lightgcn")
    assert findings(ledger).importances == findings(many_trials(60)).importances


def test_what_breaks_a_constraint_is_behind() -> None:
    ledger = new_ledger(objectives=Objectives(OBJECTIVE, constraints=(Constraint.parse("epoch_seconds <= 5"),)))
    for number in range(60):
        is_slow = number % 2 == 0
        add(ledger, [0.1], STOPPED, operator="gat" if is_slow else "lightgcn", cost=10 if is_slow else 1)
    assert next(iter(findings(ledger).importances)) == "layer.0.operator"

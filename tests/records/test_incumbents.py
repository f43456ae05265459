"""The incumbent over time."""

from gnas_ray.core import Constraint, Ending, Failure, Measurement, Objectives, Outcome, Proposal
from gnas_ray.records.incumbents import incumbent_steps
from gnas_ray.records.leaderboard import incumbent, leaderboard
from tests.records.trials import OBJECTIVE, OBJECTIVES, RUNGS, new_ledger


def test_a_higher_value_takes_over_at_any_epoch_and_a_fallen_one_does_not() -> None:
    """As on the leaderboard, whose first is the last incumbent."""
    ledger = new_ledger()
    for _ in range(2):  # begun at 1 s and 2 s
        ledger.begin(
            Proposal({"num_layers": 0, "loss": "bpr"}, "policy"), {"learning_rate": 0.1, "embedding_size": 32}, 1
        )
    reports = [(0, 1, 0.3), (1, 1, 0.2), (1, 2, 0.25), (1, 3, 0.22), (0, 2, 0.4), (0, 3, 0.1), (1, 4, 0.41)]
    for number, fidelity, value in reports:  # heard at 3 s, 4 s, ...
        ledger.measure(number, Measurement(fidelity, {OBJECTIVE: value}))
    steps = incumbent_steps(ledger.trials(), objectives=OBJECTIVES, rungs=RUNGS)
    assert [(s.seconds, s.number, s.num_rungs, s.value) for s in steps] == [
        (2, 0, 1, 0.3),
        (6, 0, 1, 0.4),
        (7, 0, 2, 0.4),  # the same, a rung higher
        (8, 1, 2, 0.41),
    ]
    best = incumbent(leaderboard(ledger.trials(), objectives=OBJECTIVES, rungs=RUNGS))
    assert best is not None and (best.number, best.objective) == (1, 0.41)


def test_who_keeps_the_bound_takes_over_from_who_does_not() -> None:
    objectives = Objectives(OBJECTIVE, constraints=(Constraint.parse("loss <= 1"),))
    ledger = new_ledger(objectives=objectives)
    for _ in range(2):
        ledger.begin(
            Proposal({"num_layers": 0, "loss": "bpr"}, "policy"), {"learning_rate": 0.1, "embedding_size": 32}, 1
        )
    reports = [(1, 1, 0.4, 3), (0, 1, 0.1, 2), (1, 3, 0.4, 2), (0, 3, 0.2, 1), (1, 4, 0.5, 1.5)]
    for number, fidelity, value, loss in reports:
        ledger.measure(number, Measurement(fidelity, {OBJECTIVE: value, "loss": loss}))
    steps = incumbent_steps(ledger.trials(), objectives=objectives, rungs=RUNGS)
    assert [(s.number, s.value) for s in steps] == [(1, 0.4), (0, 0.1), (1, 0.4), (0, 0.2)]
    best = incumbent(leaderboard(ledger.trials(), objectives=objectives, rungs=RUNGS))
    assert best is not None and (best.number, best.objective) == (0, 0.2)


def test_when_the_best_fails_the_best_of_the_others_is_it_again() -> None:
    ledger = new_ledger()
    for _ in range(3):
        ledger.begin(
            Proposal({"num_layers": 0, "loss": "bpr"}, "policy"), {"learning_rate": 0.1, "embedding_size": 32}, 1
        )
    for number, value in enumerate((0.3, 0.7, 0.35)):
        ledger.measure(number, Measurement(1, {OBJECTIVE: value}))
    ledger.end(1, Outcome(Ending.FAILED, Failure.OUT_OF_MEMORY, "out of memory"), None)
    ledger.end(2, Outcome(Ending.STOPPED), 0.1)
    steps = incumbent_steps(ledger.trials(), objectives=OBJECTIVES, rungs=RUNGS)
    assert [(s.number, s.value) for s in steps] == [(0, 0.3), (1, 0.7), (2, 0.35)]
    best = incumbent(leaderboard(ledger.trials(), objectives=OBJECTIVES, rungs=RUNGS))
    assert best is not None and best.number == 2


def test_of_equals_the_earlier_trial_is_it() -> None:
    ledger = new_ledger()
    for _ in range(2):
        ledger.begin(
            Proposal({"num_layers": 0, "loss": "bpr"}, "policy"), {"learning_rate": 0.1, "embedding_size": 32}, 1
        )
    for number in (1, 0):
        ledger.measure(number, Measurement(1, {OBJECTIVE: 0.3}))
    steps = incumbent_steps(ledger.trials(), objectives=OBJECTIVES, rungs=RUNGS)
    assert [step.number for step in steps] == [1, 0]
    best = incumbent(leaderboard(ledger.trials(), objectives=OBJECTIVES, rungs=RUNGS))
    assert best is not None and best.number == 0


def test_no_measurement_no_step() -> None:
    assert incumbent_steps(new_ledger().trials(), objectives=OBJECTIVES, rungs=RUNGS) == ()

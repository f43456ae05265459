"""Where proposals came from."""

from __future__ import annotations

from gnas_ray.core import Proposal
from gnas_ray.records.leaderboard import leaderboard
from gnas_ray.records.origins import origins
from tests.records.trials import NO_MEMORY, OBJECTIVES, RUNGS, STOPPED, add, new_ledger


def test_each_origin_has_its_trials_failures_good_ones_and_best():
    ledger = new_ledger()
    for value, origin in ((0.1, "policy"), (0.8, "mutation"), (0.2, "policy"), (0.9, "mutation"), (0.3, "prior")):
        add(ledger, [value], STOPPED, origin=origin)
    add(ledger, [0.99], NO_MEMORY, origin="policy")
    add(ledger, [0.4], STOPPED, origin="retune")
    add(ledger, [0.5], STOPPED, origin="retune")
    found = origins(leaderboard(ledger.trials(), objectives=OBJECTIVES, rungs=RUNGS))
    told = [(o.name, o.num_trials, o.num_failed, o.num_good, o.best.number) for o in found]
    assert told == [("mutation", 2, 0, 2, 3), ("retune", 2, 0, 0, 7), ("prior", 1, 0, 0, 4), ("policy", 3, 1, 0, 2)]


def test_trials_without_a_value_are_in_no_quarter():
    ledger = new_ledger()
    for _ in range(4):
        ledger.begin(Proposal({"num_layers": 0, "loss": "bpr"}, "policy"), {"learning_rate": 0.1}, seed=1)
    (found,) = origins(leaderboard(ledger.trials(), objectives=OBJECTIVES, rungs=RUNGS))
    assert (found.num_trials, found.num_good) == (4, 0)


def test_what_the_surrogate_picked_is_counted():
    ledger = new_ledger()
    for num_rivals in (0, 41, 7):
        proposal = Proposal({"num_layers": 0, "loss": "bpr"}, "mutation", num_rivals=num_rivals)
        ledger.begin(proposal, {"learning_rate": 0.1, "embedding_size": 32}, seed=1)
    (found,) = origins(leaderboard(ledger.trials(), objectives=OBJECTIVES, rungs=RUNGS))
    assert (found.num_trials, found.num_picked) == (3, 2)


def test_no_trials_no_origins():
    assert origins(()) == ()

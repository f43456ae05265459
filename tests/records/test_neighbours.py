"""What was tried beside the winner."""

from __future__ import annotations

from gnas_ray.core import Measurement, Proposal
from gnas_ray.records.leaderboard import leaderboard
from gnas_ray.records.neighbours import neighbours
from tests.records.trials import OBJECTIVE, OBJECTIVES, RUNGS, SPACE, STOPPED, new_ledger


def tried(ledger, value, **architecture):
    named = {name.replace("operator", "layer.0.operator"): option for name, option in architecture.items()}
    spec = ledger.begin(Proposal(named, "policy"), {"learning_rate": 0.01, "embedding_size": 32}, seed=0)
    ledger.measure(spec.number, Measurement(1, {OBJECTIVE: value}))
    ledger.end(spec.number, STOPPED, 0.5)
    return spec.number


def test_those_that_differ_in_one_decision_and_what_it_made_active_the_best_of_each_option():
    ledger = new_ledger()
    winner = tried(ledger, 0.9, num_layers=1, operator="gat", loss="bpr")
    tried(ledger, 0.5, num_layers=1, operator="gat", loss="bpr")  # the same, tuned otherwise
    worse = tried(ledger, 0.6, num_layers=1, operator="lightgcn", loss="bpr")
    better = tried(ledger, 0.7, num_layers=1, operator="lightgcn", loss="bpr")
    shallow = tried(ledger, 0.4, num_layers=0, loss="bpr")
    tried(ledger, 0.8, num_layers=1, operator="lightgcn", loss="full_softmax")  # two decisions away
    rows = leaderboard(ledger.trials(), objectives=OBJECTIVES, rungs=RUNGS)
    assert rows[0].number == winner and worse < better
    found = neighbours(rows[0], rows, SPACE.decisions)
    assert [(n.decision, n.option, n.instead_of, n.row.number, n.num_trials) for n in found] == [
        ("num_layers", 0, 1, shallow, 1),
        ("layer.0.operator", "lightgcn", "gat", better, 2),
    ]

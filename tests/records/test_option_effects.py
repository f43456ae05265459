"""What an option is worth, where it is known."""

from __future__ import annotations

import math
import random

import pytest

from gnas_ray.core import Constraint, Measurement, Objectives, Proposal, RungLadder
from gnas_ray.ledger import Ledger
from gnas_ray.records.findings import Findings, findings_of
from gnas_ray.records.option_effects import flips, option_effects, winner_with
from gnas_ray.space import Conditions, Decision, Float, SearchSpace
from tests.records.trials import OBJECTIVE, OBJECTIVES, STOPPED

RUNGS = RungLadder(grace_period=1, reduction_factor=3, max_epochs=3)
OPERATORS = ("lightgcn", "gat", "gcn")
SPACE = SearchSpace(
    (
        Decision("num_layers", (0, 1, 2)),
        Decision("layer.0.operator", OPERATORS, Conditions.of({"num_layers": (1, 2)})),
        Decision("layer.1.operator", OPERATORS, Conditions.of({"num_layers": 2})),
        Decision("loss", ("bpr", "softmax")),
        Decision("readout", ("mean",)),
    ),
    (Float("temperature", 0.1, 1.0, when=Conditions.of({"loss": "softmax"})),),
)
WORTH = {"lightgcn": 0.1, "gat": 0.0, "gcn": -0.1, "bpr": -0.05, "softmax": 0.0}


BEST = {"num_layers": 2, "layer.0.operator": "lightgcn", "layer.1.operator": "lightgcn", "loss": "softmax"}
BEST |= {"readout": "mean"}


def known_value(member):
    """What every layer and the loss are worth add up."""
    return 0.5 + sum(WORTH.get(option, 0) for option in member.values())


def search(num_trials: int = 60, *, without: str = "gcn") -> tuple[Findings, Ledger]:
    """Random members, one epoch each; those with the option `without` are never tried in both layers."""
    generator = random.Random(1)
    ledger = Ledger.open(None, space=SPACE, name="films", objectives=OBJECTIVES)
    tell(ledger, BEST)
    while ledger.num_trials < num_trials:
        architecture = SPACE.decide(lambda decision: decision.sample(generator))
        if list(architecture.values()).count(without) < 2:
            tell(ledger, architecture)
    return findings_of(ledger, RUNGS, name="films"), ledger


def tell(ledger, architecture):
    hyperparameters = {"temperature": 0.3} if architecture["loss"] == "softmax" else {}
    spec = ledger.begin(Proposal(architecture, "policy"), hyperparameters, seed=0)
    ledger.measure(spec.number, Measurement(1, {OBJECTIVE: known_value(architecture)}))
    ledger.end(spec.number, STOPPED, 0.5)


def test_an_option_is_told_by_its_trials_and_in_the_winners_place():
    findings, ledger = search()
    effects = option_effects(findings)
    assert (effects.rung, effects.winner) == (1, pytest.approx(0.7))
    assert list(effects.by_decision) == ["num_layers", "operator", "loss"]  # readout has one option
    bpr, softmax = effects.by_decision["loss"]
    trials = [record.spec.architecture for record in ledger.trials()]
    of_bpr = sorted((known_value(a) for a in trials if a["loss"] == "bpr"), reverse=True)
    assert (bpr.num_trials, bpr.values) == (len(of_bpr), pytest.approx(of_bpr))
    assert bpr.tried == pytest.approx(0.65) and bpr.num_tried > 0
    assert (bpr.is_the_winners, softmax.is_the_winners) == (False, True)
    assert softmax.predicted == effects.winner_predicted
    assert bpr.predicted.mean == pytest.approx(0.65, abs=0.02)  # a process of 60 trials


def test_an_operator_counts_in_any_layer_and_is_predicted_in_all():
    findings, ledger = search()
    lightgcn, gat, gcn = option_effects(findings).by_decision["operator"]
    trials = [record.spec.architecture for record in ledger.trials()]
    assert gcn.num_trials == sum("gcn" in a.values() for a in trials) > 0
    assert (gcn.num_tried, math.isnan(gcn.tried)) == (0, True)  # nobody tried it in both
    assert gat.tried == pytest.approx(0.5) and lightgcn.tried == pytest.approx(0.7)
    # 0.3, far from all that was tried, is drawn to the mean.
    assert gcn.predicted.mean < 0.45 < gat.predicted.mean < 0.6 < lightgcn.predicted.mean
    assert gcn.predicted.low <= gcn.predicted.mean <= gcn.predicted.high


def test_what_becomes_active_is_as_in_the_layer_before_or_in_the_best_trial():
    ledger = Ledger.open(None, space=SPACE, name="films", objectives=OBJECTIVES)
    architecture = {"num_layers": 1, "layer.0.operator": "gcn", "loss": "bpr", "readout": "mean"}
    tell(ledger, architecture)
    (row,) = findings_of(ledger, RUNGS, name="films").rows
    deeper = winner_with(row, {"num_layers": 2}, {"layer.1.operator": "gat"}, SPACE)
    assert deeper == {**architecture, "num_layers": 2, "layer.1.operator": "gcn"}
    tuned = winner_with(row, {"loss": "softmax"}, {"loss": "softmax", "temperature": 0.7, "num_layers": 0}, SPACE)
    assert tuned == {**architecture, "loss": "softmax", "temperature": 0.7}
    drawn = winner_with(row, {"loss": "softmax"}, {}, SPACE)
    assert 0.1 <= drawn["temperature"] <= 1.0


def test_nothing_is_predicted_from_few_trials_or_for_what_the_winner_does_not_decide():
    findings, _ = search(5)
    effects = option_effects(findings)
    assert effects.winner_predicted is None
    assert all(effect.predicted is None for own in effects.by_decision.values() for effect in own)
    findings, ledger = search(40)
    best = {"num_layers": 0, "loss": "softmax", "readout": "mean"}
    spec = ledger.begin(Proposal(best, "policy"), {"temperature": 0.3}, seed=0)
    ledger.measure(spec.number, Measurement(1, {OBJECTIVE: 0.9}))
    ledger.end(spec.number, STOPPED, 0.5)
    effects = option_effects(findings_of(ledger, RUNGS, name="films"))
    assert effects.winner == 0.9
    assert [effect.predicted for effect in effects.by_decision["operator"]] == [None] * 3
    assert all(effect.predicted for effect in effects.by_decision["loss"])


def test_the_winner_with_each_decision_made_otherwise_in_one_layer():
    """What was tried says what one layer's other operator costs, and what is predicted agrees."""
    findings, _ = search()
    found = {(flip.decision, flip.option): flip for flip in flips(findings)}
    others = [(f"layer.{layer}.operator", operator) for layer in (0, 1) for operator in ("gat", "gcn")]
    assert set(found) == {("num_layers", 0), ("num_layers", 1), *others, ("loss", "bpr")}
    one_gat = found["layer.0.operator", "gat"]
    assert one_gat.tried is not None and one_gat.instead_of == "lightgcn"
    assert one_gat.tried.row.objective == pytest.approx(known_value(BEST) - 0.1)
    predicted = {key: float(flip.predicted_in_words.split()[0]) for key, flip in found.items()}
    assert predicted["layer.0.operator", "gat"] == pytest.approx(known_value(BEST) - 0.1, abs=0.05)
    assert predicted["layer.0.operator", "gcn"] < predicted["layer.0.operator", "gat"]
    assert {flip.predicted for flip in flips(search(num_trials=8)[0])} == {None}


@pytest.mark.parametrize(
    "objectives",
    [
        Objectives(OBJECTIVE, constraints=(Constraint("latency_ms", 5.0, is_upper=True),)),
        Objectives(OBJECTIVE, minimise=("latency_ms",)),
    ],
    ids=["constraint", "front"],
)
def test_what_is_predicted_is_the_first_objective_whatever_else_decides(objectives):
    space = SearchSpace((Decision("size", ("small", "big")), Decision("loss", ("bpr", "softmax"))))
    ledger, generator = Ledger.open(None, space=space, name="sizes", objectives=objectives), random.Random(0)
    for _ in range(40):
        member = {"size": generator.choice(["small", "big"]), "loss": generator.choice(["bpr", "softmax"])}
        value = 0.2 + 0.1 * (member["size"] == "big") + 0.02 * (member["loss"] == "softmax")
        latency = 10.0 if member["size"] == "big" else 3.0
        spec = ledger.begin(Proposal(member, "policy"), {}, seed=0)
        ledger.measure(
            spec.number, Measurement(1, {OBJECTIVE: value + generator.random() / 500, "latency_ms": latency})
        )
        ledger.end(spec.number, STOPPED, 0.5)
    findings = findings_of(ledger, RUNGS, name="sizes")
    size, loss = findings.winner.architecture["size"], findings.winner.architecture["loss"]
    assert (size, loss) == ("small" if objectives.constraints else "big", "softmax")
    by_option = {flip.option: flip.predicted.mean for flip in flips(findings)}
    other = by_option["big" if size == "small" else "small"]
    assert other == pytest.approx(0.32 if size == "small" else 0.22, abs=0.01)
    assert by_option["bpr"] == pytest.approx(0.2 if size == "small" else 0.3, abs=0.01)
    assert option_effects(findings).winner_predicted.mean == pytest.approx(findings.winner.objective, abs=0.005)

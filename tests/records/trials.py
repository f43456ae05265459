"""A small search space and ledgers whose ranking is known beforehand."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from gnas_ray.core import Ending, Failure, Measurement, Objectives, Outcome, Proposal, RungLadder, Value
from gnas_ray.ledger import Ledger
from gnas_ray.records import ExperimentFolder, new_folder
from gnas_ray.space import Categorical, Conditions, Decision, Float, SearchSpace

OBJECTIVE = "ndcg@20"
OBJECTIVES = Objectives(OBJECTIVE)
RUNGS = RungLadder(grace_period=1, reduction_factor=3, max_epochs=9)  # rungs at 1, 3 and 9 epochs

SPACE = SearchSpace(
    (
        Decision("num_layers", (0, 1)),
        Decision("layer.0.operator", ("lightgcn", "gat"), Conditions.of({"num_layers": 1})),
        Decision("loss", ("bpr", "full_softmax")),
    ),
    (Float("learning_rate", 1e-4, 1e-1, log=True), Categorical("embedding_size", (32, 64))),
)
EXPERIMENT_YAML = """
name: films
data: {dataset: movielens-100k}
space:
  decisions:
    num_layers: [0, 1]
    layer: {times: num_layers, decisions: {operator: [lightgcn, gat]}}
    loss: [bpr, full_softmax]
  hyperparameters:
    learning_rate: {type: float, low: 1e-4, high: 1e-1, log: true}
    embedding_size: [32, 64]
scheduler: {grace_period: 1, reduction_factor: 3, max_epochs: 9}
budget: {trials: 6}
baselines: [popularity, ease]
"""
"""The experiment whose space is `SPACE` and whose rungs are `RUNGS`."""

FINISHED, STOPPED = Outcome(Ending.FINISHED), Outcome(Ending.STOPPED)
NO_MEMORY = Outcome(Ending.FAILED, Failure.OUT_OF_MEMORY, "Traceback\nMemoryError: too big")


class Clock:
    """Seconds that pass one at a look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def new_ledger(place: Path | None = None, objectives: Objectives = OBJECTIVES) -> Ledger:
    return Ledger.open(place, space=SPACE, name="films", objectives=objectives, clock=Clock())


def add(
    ledger: Ledger,
    values: Sequence[float],
    outcome: Outcome | None,
    *,
    operator: str | None = "gat",
    origin: str = "policy",
    cost: float = 2.0,
) -> int:
    """One whole trial with these values of the objective, an epoch each; an `outcome` of None leaves it running."""
    layers: dict[str, Value] = (
        {"num_layers": 0} if operator is None else {"num_layers": 1, "layer.0.operator": operator}
    )
    proposal = Proposal({**layers, "loss": "bpr"}, origin, log_prob=-1.5)
    spec = ledger.begin(proposal, {"learning_rate": 0.01, "embedding_size": 64}, seed=7)
    for epoch, value in enumerate(values, start=1):
        ledger.measure(spec.number, Measurement(epoch, {OBJECTIVE: value, "epoch_seconds": cost}))
    if outcome is not None:
        ledger.end(spec.number, outcome, None if outcome.failure else 0.5)
    return spec.number


def six_trials(place: Path | None = None) -> Ledger:
    """Best first they are 3, 1, 4, 0, 5, 2.

    Trial 0 stopped at rung 1; 1 and 3 finished; 2 failed after reaching rung 3; 4 runs between rungs 3 and 9; 5 has no
    measurement yet.
    """
    ledger = new_ledger(place)
    add(ledger, [0.2], STOPPED, origin="prior")
    add(ledger, [0.1, 0.2, 0.25, 0.26, 0.27, 0.28, 0.27, 0.26, 0.25], FINISHED, operator="lightgcn", cost=1.0)
    add(ledger, [0.3, 0.4, 0.5], NO_MEMORY)
    add(ledger, [0.1, 0.2, 0.25, 0.26, 0.27, 0.31, 0.27, 0.26, 0.25], FINISHED, cost=3.0)
    add(ledger, [0.1, 0.24, 0.23, 0.22], None, operator=None)
    add(ledger, [], None)
    return ledger


def films_folder(root: Path) -> ExperimentFolder:
    """The folder of a search with `six_trials`, as a killed driver leaves it."""
    folder = new_folder(root)
    folder.experiment.write_text(EXPERIMENT_YAML, encoding="utf-8")
    six_trials(folder.ledger).close()
    return folder


def many_trials(num_trials: int, *, seed: int = 0) -> Ledger:
    """Trials stopped at epoch 1 whose value is high exactly when the operator is gat."""
    generator = random.Random(seed)
    ledger = new_ledger()
    for _ in range(num_trials):
        operator = generator.choice(["gat", "lightgcn"])
        value = 0.5 * (operator == "gat") + 0.01 * generator.random()
        add(ledger, [value], STOPPED, operator=operator)
    return ledger

"""A space with conditions of every kind, and ledgers with known trials."""

import math

import numpy as np

from gnas_ray.core import Ending, Failure, Measurement, Objectives, Outcome, Proposal
from gnas_ray.ledger import Ledger
from gnas_ray.searchers import Judged
from gnas_ray.space import Categorical, Conditions, Decision, Float, Integer, SearchSpace

SPACE = SearchSpace(
    (Decision("loss", ("bpr", "softmax")), Decision("num_layers", (0, 1))),
    (
        Float("learning_rate", 1e-4, 1e-1, log=True),
        Integer("batch_size", 256, 1024, step=256),
        Float("dropout", 0.3, 0.3),
        Float("temperature", 0.05, 1.0, log=True, when=Conditions.of({"loss": "softmax"})),
        Integer("num_negatives", 16, 256, log=True, when=Conditions.of({"loss": "softmax"})),
        Categorical("optimiser", ("adam", "sgd")),
        Float("momentum", 0.0, 0.99, when=Conditions.of({"optimiser": "sgd"})),
    ),
)
BPR, SOFTMAX = {"loss": "bpr", "num_layers": 0}, {"loss": "softmax", "num_layers": 1}
HYPERPARAMETERS = {"learning_rate": 0.01, "batch_size": 512, "dropout": 0.3, "optimiser": "adam"}
FINISHED = Outcome(Ending.FINISHED)
FAILED = Outcome(Ending.FAILED, Failure.OUT_OF_MEMORY)
LOST = Outcome(Ending.FAILED, Failure.WORKER_LOST)


def open_ledger(place=None):
    return Ledger.open(place, space=SPACE, name="searched", objectives=Objectives("ndcg@20"))


def add_trial(ledger, value, *, architecture=BPR, outcome=FINISHED, **hyperparameters):
    """A trial that measured `value` once, or nothing where it is None."""
    spec = ledger.begin(Proposal(architecture, "uniform"), {**HYPERPARAMETERS, **hyperparameters}, seed=0)
    if value is not None:
        ledger.measure(spec.number, Measurement(1, {"ndcg@20": value}))
    ledger.end(spec.number, outcome, reward=None)


def judged(ledger):
    """The ledger's trials by their best values, whatever their fidelity; those that failed below all others."""
    records = [record for record in ledger.trials() if record.outcome not in (None, LOST)]
    values = [-math.inf if record.is_in_vain else record.value(ledger.objectives) for record in records]
    return Judged([record.number for record in records], np.array(values))


def fill(ledger, searcher, value_of, *, num_trials):
    """Trials as the searcher proposes them, alternating between two architectures, with every ending."""
    endings = [FINISHED] * 3 + [Outcome(Ending.STOPPED), FAILED, None]
    for number in range(num_trials):
        architecture = (BPR, SOFTMAX)[number % 2]
        chosen = searcher.propose(architecture, judged(ledger), seed=number)
        spec = ledger.begin(Proposal(architecture, "uniform"), chosen, seed=0)
        ledger.measure(spec.number, Measurement(1, {"ndcg@20": value_of(chosen)}))
        if (outcome := endings[number % len(endings)]) is not None:
            ledger.end(spec.number, outcome, reward=None)

"""A space with conditions of every kind, and ledgers with known trials."""

from gnas_ray.core import Ending, Failure, Measurement, Objectives, Outcome, Proposal
from gnas_ray.ledger import Ledger
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


def open_ledger(place=None, **options):
    return Ledger.open(place, space=SPACE, name="searched", objectives=Objectives("ndcg@20"), **options)


def add_trial(ledger, value, *, then=None, architecture=BPR, epochs=1, outcome=FINISHED, **hyperparameters):
    """A trial with the same value at every epoch, and perhaps another `then`; `outcome` None leaves it running."""
    spec = ledger.begin(Proposal(architecture, "uniform"), {**HYPERPARAMETERS, **hyperparameters}, seed=0)
    for epoch in range(1, epochs + 1):
        ledger.measure(spec.number, Measurement(epoch, {"ndcg@20": value}))
    if then is not None:
        ledger.measure(spec.number, Measurement(epochs + 1, {"ndcg@20": then}))
    if outcome is not None:
        ledger.end(spec.number, outcome, reward=None)


def fill(ledger, searcher, value_of, *, num_trials):
    """Trials as the searcher proposes them, alternating between two architectures, with every ending."""
    endings = [FINISHED] * 3 + [Outcome(Ending.STOPPED), FAILED, None]
    for number in range(num_trials):
        architecture = (BPR, SOFTMAX)[number % 2]
        chosen = searcher.propose(architecture, seed=number)
        spec = ledger.begin(Proposal(architecture, "uniform"), chosen, seed=0)
        ledger.measure(spec.number, Measurement(1, {"ndcg@20": value_of(chosen)}))
        if (outcome := endings[number % len(endings)]) is not None:
            ledger.end(spec.number, outcome, reward=None)

"""The durable record of every trial.

Question: what happened, in which order? A `Ledger` is an Optuna study: decisions and hyperparameters are its
parameters, measurements its intermediate values, endings its states, and the rest attributes; so Optuna's dashboard
and plots work on a running search, and a search is resumed by replaying `Ledger.events`. One process writes; any
number may read.

May import: space, core; optuna.
To store something more about a trial: an attribute in codec.py, written and read there.
"""

from gnas_ray.ledger.ledger import Ledger
from gnas_ray.ledger.records import Began, Ended, LedgerEvent, Measured, Paused, Promoted, TrialRecord, number_of
from gnas_ray.ledger.storage import LedgerInUseError

__all__ = [
    "Began",
    "Ended",
    "Ledger",
    "LedgerEvent",
    "LedgerInUseError",
    "Measured",
    "Paused",
    "Promoted",
    "TrialRecord",
    "number_of",
]

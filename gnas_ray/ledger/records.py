"""What the ledger holds: a record of each trial, and the events that made it."""

from __future__ import annotations

from dataclasses import dataclass

from gnas_ray.core import Measurement, Outcome, Proposal, TrialSpec
from gnas_ray.core.trial import best_value


@dataclass(frozen=True)
class TrialRecord:
    """Everything known about one trial.

    Attributes:
        spec: What is trained.
        proposal: How its architecture was chosen.
        measurements: By ascending fidelity.
        measured_at: Unix seconds at which each measurement was heard, one for each.
        outcome: None while it runs, or was running when its search died.
        reward: Against the peers known when it ended; None before that, and for failures.
        started: Unix seconds.
        ended: Unix seconds, None with `outcome`.
    """

    spec: TrialSpec
    proposal: Proposal
    started: float
    measurements: tuple[Measurement, ...] = ()
    measured_at: tuple[float, ...] = ()
    outcome: Outcome | None = None
    reward: float | None = None
    ended: float | None = None

    @property
    def number(self) -> int:
        """The trial's number, from 0."""
        return self.spec.number

    @property
    def state(self) -> str:
        """``running``, or the ending: ``finished``, ``stopped``, ``failed``, ``infeasible``."""
        return self.outcome.ending.value if self.outcome else "running"

    @property
    def is_in_vain(self) -> bool:
        """Whether it ended without a value: it failed, or was never trained."""
        return self.outcome is not None and self.outcome.is_in_vain

    @property
    def fidelity(self) -> int:
        """Epochs measured so far; 0 before the first."""
        return max((measurement.fidelity for measurement in self.measurements), default=0)

    def best(self, metric: str) -> float:
        """The highest `metric` measured; NaN before the first."""
        return best_value(self.measurements, metric)


@dataclass(frozen=True)
class Began:
    """A trial was handed out."""

    spec: TrialSpec
    proposal: Proposal


@dataclass(frozen=True)
class Measured:
    """A trial reported one fidelity."""

    number: int
    measurement: Measurement


@dataclass(frozen=True)
class Ended:
    """A trial ended."""

    number: int
    outcome: Outcome


LedgerEvent = Began | Measured | Ended
"""One line of the search's history."""

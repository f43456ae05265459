"""What the ledger holds: a record of each trial, and the events that made it."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
        outcome: None while it runs or is paused, or did when its search died.
        reward: Against the peers known when it ended; None before that, and for failures.
        started: Unix seconds.
        ended: Unix seconds, None with `outcome`.
        paused: Unix seconds since when it waits at a rung; None when it does not.
        seconds_paused: How long it has waited at rungs before it went on, or ended.
    """

    spec: TrialSpec
    proposal: Proposal
    started: float
    measurements: tuple[Measurement, ...] = ()
    measured_at: tuple[float, ...] = ()
    outcome: Outcome | None = None
    reward: float | None = None
    ended: float | None = None
    paused: float | None = None
    seconds_paused: float = 0.0

    @property
    def number(self) -> int:
        """The trial's number, from 0."""
        return self.spec.number

    @property
    def state(self) -> str:
        """``running``, ``paused``, or the ending: ``finished``, ``stopped``, ``failed``, ``infeasible``."""
        if self.outcome is not None:
            return self.outcome.ending.value
        return "running" if self.is_running else "paused"

    @property
    def is_running(self) -> bool:
        """Whether it has begun, and has neither ended nor paused."""
        return self.outcome is None and self.paused is None

    @property
    def is_in_vain(self) -> bool:
        """Whether it ended without a value: it failed, or was never trained."""
        return self.outcome is not None and self.outcome.is_in_vain

    @property
    def fidelity(self) -> int:
        """Epochs measured so far; 0 before the first."""
        return max((measurement.fidelity for measurement in self.measurements), default=0)

    def after_pause(self, time: float) -> TrialRecord:
        """The record of a trial that waits no longer from `time` on; the same when it does not wait."""
        if self.paused is None:
            return self
        return replace(self, paused=None, seconds_paused=self.seconds_paused + time - self.paused)

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
class Paused:
    """A trial waits at a rung."""

    number: int


@dataclass(frozen=True)
class Promoted:
    """A trial that waited at a rung was handed out again."""

    number: int


@dataclass(frozen=True)
class Ended:
    """A trial ended."""

    number: int
    outcome: Outcome


LedgerEvent = Began | Measured | Paused | Promoted | Ended
"""One line of the search's history."""


def number_of(event: LedgerEvent) -> int:
    """The number of the trial to which it happened."""
    return event.spec.number if isinstance(event, Began) else event.number

"""What the ledger holds: a record of each trial, and the events that made it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import chain

from gnas_ray.core import Measurement, Objectives, Outcome, Proposal, TrialSpec


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
        waits: Unix seconds from when to when it waited at rungs, in order; the last is open (None) while it does.
    """

    spec: TrialSpec
    proposal: Proposal
    started: float
    measurements: tuple[Measurement, ...] = ()
    measured_at: tuple[float, ...] = ()
    outcome: Outcome | None = None
    reward: float | None = None
    ended: float | None = None
    waits: tuple[tuple[float, float | None], ...] = ()

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
        return self.outcome is None and not self.is_waiting

    @property
    def is_waiting(self) -> bool:
        """Whether it waits at a rung."""
        return bool(self.waits) and self.waits[-1][1] is None

    @property
    def seconds(self) -> float:
        """From its start to its end, or to what was last written of it while it is open; without its waits."""
        waited = sum(until - since for since, until in self.waits if until is not None)
        return max(self.times) - self.started - waited

    @property
    def is_in_vain(self) -> bool:
        """Whether it ended without a value: it failed, or was never trained."""
        return self.outcome is not None and self.outcome.is_in_vain

    @property
    def fidelity(self) -> int:
        """Epochs measured so far; 0 before the first."""
        return max((measurement.fidelity for measurement in self.measurements), default=0)

    @property
    def times(self) -> tuple[float, ...]:
        """When something of it was written, in no order."""
        moments = (self.started, *self.measured_at, *chain.from_iterable(self.waits), self.ended)
        return tuple(moment for moment in moments if moment is not None)

    def paused(self, time: float) -> TrialRecord:
        """The record of a trial that waits from `time` on."""
        return replace(self, waits=(*self.waits, (time, None)))

    def after_pause(self, time: float) -> TrialRecord:
        """The record of a trial that waits no longer from `time` on; the same when it does not wait."""
        if not self.is_waiting:
            return self
        return replace(self, waits=(*self.waits[:-1], (self.waits[-1][0], time)))

    def at(self, clock: Callable[[float], float]) -> TrialRecord:
        """The same with its times as `clock` tells them."""
        return replace(
            self,
            started=clock(self.started),
            measured_at=tuple(map(clock, self.measured_at)),
            ended=None if self.ended is None else clock(self.ended),
            waits=tuple((clock(since), None if until is None else clock(until)) for since, until in self.waits),
        )

    def value(self, objectives: Objectives) -> float:
        """The first objective of its best measurement, which may not be the highest where there are constraints; NaN
        before the first.
        """
        best = objectives.best(self.measurements)
        return math.nan if best is None else best.metrics[objectives.metric]


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

"""A search in one process: simulated workers on a virtual clock, with a table or a formula for a trainer."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from gnas_ray.core import Ending, Failure, Measurement, Outcome, TrialSpec
from gnas_ray.search.session import SearchSession


@dataclass(frozen=True)
class Epoch:
    """A simulated trial's next report, `seconds` after the one before."""

    seconds: float
    measurement: Measurement


@dataclass(frozen=True)
class Crash:
    """A simulated trial's failure, `seconds` after its last report."""

    seconds: float
    failure: Failure


Trainer = Callable[[TrialSpec], Iterator[Epoch | Crash]]
"""What a trial would report, from its first epoch to its last: the same for the same specification.

The simulation skips the epochs that a resumed trial has in the ledger, as a checkpoint would.
"""


class VirtualClock:
    """Seconds that pass when the simulation says so; hand it to the ledger as its clock."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@dataclass(frozen=True)
class _Running:
    spec: TrialSpec
    reports: Iterator[Epoch | Crash]


class Simulation:
    """Asynchronous workers that share one session; outcomes come in the order of their virtual times.

    Args:
        session: Asked and told as a driver would.
        trainer: What trials report.
        num_workers: Trials at once.
        clock: Advanced from event to event; the one that the session's ledger was opened with.
    """

    def __init__(self, session: SearchSession, trainer: Trainer, *, num_workers: int, clock: VirtualClock) -> None:
        self._session = session
        self._trainer = trainer
        self._num_idle = num_workers
        self._clock = clock
        self._ties = count()
        self._due: list[tuple[float, int, _Running, Epoch | Crash | None]] = []

    def run(self, *, max_events: int | None = None) -> None:
        """Until the session has nothing left; or for `max_events` reports and endings, as if killed after them."""
        self._hire()
        handled = 0
        while self._due and (max_events is None or handled < max_events):
            self._clock.now, _, running, report = heapq.heappop(self._due)
            self._hear(running, report)
            self._hire()
            handled += 1
        for number in () if self._due else self._session.abandoned:
            self._session.tell(number, Outcome(Ending.STOPPED))

    def _hire(self) -> None:
        while self._num_idle and (spec := self._session.ask()) is not None:
            self._num_idle -= 1
            running = _Running(spec, self._reports(spec))
            for _ in self._session.ledger.trial(spec.number).measurements:
                next(running.reports)
            self._await(running)

    def _reports(self, spec: TrialSpec) -> Iterator[Epoch | Crash]:
        until = self._session.until(spec.number)
        for report in self._trainer(spec):
            yield report
            if isinstance(report, Epoch) and report.measurement.fidelity == until:
                return

    def _await(self, running: _Running) -> None:
        report = next(running.reports, None)
        due = self._clock.now + (report.seconds if report else 0.0)
        heapq.heappush(self._due, (due, next(self._ties), running, report))

    def _hear(self, running: _Running, report: Epoch | Crash | None) -> None:
        number = running.spec.number
        if report is None:
            self._end(number, Outcome(Ending.FINISHED))
        elif isinstance(report, Crash):
            self._end(number, Outcome(Ending.FAILED, report.failure, "simulated"))
        elif self._session.observe(number, report.measurement):
            self._await(running)
        else:
            self._end(number, Outcome(Ending.STOPPED))

    def _end(self, number: int, outcome: Outcome) -> None:
        self._session.tell(number, outcome)
        self._num_idle += 1

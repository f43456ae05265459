"""Who hears what a search measures."""

from __future__ import annotations

import time

from real_bench.courses import Course, Step, improvements


class Watch:
    """Counts trials, and keeps when each measurement was heard; its clock starts when it is made."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._measured: list[Step] = []
        self._num_trials = 0
        self._num_failed = 0

    def trial_began(self) -> None:
        """One more was handed to a process that trains."""
        self._num_trials += 1

    def epoch_measured(self, value: float) -> None:
        """The process that decides about trials has heard of this value just now."""
        self._measured.append((time.monotonic() - self._started, value))

    def trial_failed(self) -> None:
        """One ended by an exception."""
        self._num_failed += 1

    def course(self, system: str, seed: int, *, until: float) -> Course:
        """What was heard in the first `until` seconds."""
        num_epochs = sum(seconds <= until for seconds, _ in self._measured)
        steps = improvements(self._measured, until=until)
        return Course(system, seed, steps, self._num_trials, num_epochs, self._num_failed)

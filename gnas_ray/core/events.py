"""What a running search tells whoever watches it: a live table, a log, an event file, Ray's metrics."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gnas_ray.core.trial import Measurement, Outcome, TrialSpec


@dataclass(frozen=True)
class PhaseStarted:
    """The command entered a long step, e.g. ``preparing data`` or ``retraining the winner``."""

    phase: str
    detail: str = ""


@dataclass(frozen=True)
class TrialStarted:
    """A trial was handed to a worker group: once a trial, unless it paused or the search was interrupted. One that
    would break a limit ends at once, and no group has seen it.

    Attributes:
        resumed_from: Epochs that it had measured, 0 for none; its checkpoint, from which it goes on, may be of fewer.
        best: Its objective until then; NaN where it was not measured.
    """

    spec: TrialSpec
    origin: str
    resumed_from: int = 0
    best: float = math.nan


@dataclass(frozen=True)
class TrialMeasured:
    """A running trial reported one fidelity.

    Attributes:
        best: Its objective with this one; not always the highest, where there are constraints.
    """

    number: int
    measurement: Measurement
    best: float


@dataclass(frozen=True)
class TrialPaused:
    """A trial has reached a rung, and waits there to be promoted; its worker group is free.

    Attributes:
        epochs: Measured so far.
        best: Its objective.
    """

    number: int
    epochs: int
    best: float


@dataclass(frozen=True)
class TrialEnded:
    """A trial ended.

    Attributes:
        reward: None where the outcome says nothing about quality (a failure).
        epochs: Measured.
        best: Its objective; NaN where it was not measured.
    """

    spec: TrialSpec
    outcome: Outcome
    reward: float | None
    epochs: int
    best: float

    @property
    def number(self) -> int:
        """The trial's."""
        return self.spec.number


@dataclass(frozen=True)
class SearchProgress:
    """Where the whole search stands.

    Attributes:
        num_trials: The budget.
        num_ended: Trials of the budget that have ended: not those that were never trained, or were set aside.
        by_state: Trials by state: running, finished, stopped, failed, infeasible; and paused, where trials may be.
        by_rung: Trials that reached each rung, by the rung's epochs.
        incumbent: The best trial's number, or None before the first measurement.
        incumbent_value: Its objective; NaN before the first measurement.
        policy_entropy: Mean entropy of the controller's next choices in nats; NaN for one without a policy.
        elapsed_seconds: Since the search started (since it resumed, after a resume).
        expected_seconds: Estimated total, NaN before a trial ended.
    """

    num_trials: int
    num_ended: int
    by_state: Mapping[str, int]
    by_rung: Mapping[int, int]
    incumbent: int | None
    incumbent_value: float
    policy_entropy: float
    elapsed_seconds: float
    expected_seconds: float


OPEN_STATES = ("running", "paused")
"""Those of `SearchProgress.by_state` whose trials have not ended."""

Event = PhaseStarted | TrialStarted | TrialMeasured | TrialPaused | TrialEnded | SearchProgress
Listener = Callable[[Event], None]
"""Called in the driver's process, in order; must return quickly and must not raise."""

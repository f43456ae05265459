"""How good the best member was at each moment of a search, and of several searches on average."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Step = tuple[float, float]
"""Seconds since the search began, and a value of the objective."""


@dataclass(frozen=True)
class Course:
    """One search.

    Attributes:
        system: Which of `SYSTEMS` made it.
        seed: Of everything random in it.
        steps: Each improvement of the best value so far; seconds and values rise.
        num_trials: Begun.
        num_epochs: Measured, those of all trials together.
        num_failed: Trials that ended by an exception.
    """

    system: str
    seed: int
    steps: tuple[Step, ...]
    num_trials: int
    num_epochs: int
    num_failed: int

    def at(self, seconds: float) -> float:
        """The best value found by then; NaN before the first measurement."""
        num_steps = bisect_right(self.steps, seconds, key=lambda step: step[0])
        return self.steps[num_steps - 1][1] if num_steps else math.nan

    def to_dict(self) -> dict[str, Any]:
        """The plain dict that JSON stores."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Course:
        """The inverse of `to_dict`."""
        return cls(**{**plain, "steps": tuple((seconds, value) for seconds, value in plain["steps"])})


def improvements(measured: Iterable[Step], *, until: float) -> tuple[Step, ...]:
    """What in `measured`, in order of time, was better than everything before; nothing later than `until`, no NaN."""
    steps: list[Step] = []
    for seconds, value in measured:
        if seconds <= until and value > (steps[-1][1] if steps else -math.inf):
            steps.append((seconds, value))
    return tuple(steps)


def mean_at(courses: Sequence[Course], seconds: float) -> float:
    """Mean of the best values by then; NaN until every search has one."""
    return statistics.fmean(course.at(seconds) for course in courses)


def error_at(courses: Sequence[Course], seconds: float) -> float:
    """Its standard error; NaN for a single search."""
    values = [course.at(seconds) for course in courses]
    return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan


def reached(courses: Sequence[Course], value: float) -> float:
    """Seconds until the mean of the best values is at least `value`; infinite when it never is."""
    moments = sorted(seconds for course in courses for seconds, _ in course.steps)
    return next((seconds for seconds in moments if mean_at(courses, seconds) >= value), math.inf)

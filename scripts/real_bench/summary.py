"""What the searches of each system come to."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from real_bench.courses import Course, error_at, mean_at, reached
from real_bench.race import OURS

SHARES = (0.25, 0.5, 1.0)
"""Of the time at which systems are compared."""


@dataclass(frozen=True)
class Summary:
    """One system.

    Attributes:
        seeds: Searches that ended.
        best_mean: Mean of the best value found by each of `SHARES`; NaN where a search had none.
        best_se: Standard error of each.
        trials: Begun in a search, on average; likewise the next two.
        ours_after: Share of the time after which the mean of ours was as good as this system's at the end; infinite
            when it never was, None for ours.
        each_of_ours_after: The same of each search of ours.
    """

    system: str
    seeds: int
    best_mean: tuple[float, ...]
    best_se: tuple[float, ...]
    trials: float
    epochs: float
    failed: float
    ours_after: float | None
    each_of_ours_after: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """What ``--json`` prints; what is not finite is null."""
        plain = asdict(self)
        return {key: _finite(value) for key, value in plain.items()}

    def row(self) -> str:
        """A row of the Markdown table under `HEADER`."""
        best = [
            f"{mean:.4f} ± {error:.4f}" if self.seeds > 1 else f"{mean:.4f}"
            for mean, error in zip(self.best_mean, self.best_se, strict=True)
        ]
        cells = [self.system, str(self.seeds), *best, f"{self.trials:.0f}", f"{self.epochs:.0f}", f"{self.failed:.1f}"]
        return f"| {' | '.join([*cells, self._after()])} |"

    def _after(self) -> str:
        if self.ours_after is None:
            return ""
        return f"{_percent(self.ours_after)} ({', '.join(map(_percent, self.each_of_ours_after))})"


HEADER = (
    "| system | seeds | at 1/4 of the time | at 1/2 | at the end | trials | epochs | failed | ours is there after |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def summaries(courses: Sequence[Course], *, seconds: float) -> Iterator[Summary]:
    """One for each system, in the order of `courses`, whose searches took `seconds`."""
    ours = [course for course in courses if course.system == OURS]
    for system in dict.fromkeys(course.system for course in courses):
        own = [course for course in courses if course.system == system]
        final = mean_at(own, seconds)
        is_other = bool(ours) and system != OURS
        yield Summary(
            system,
            len(own),
            best_mean=tuple(mean_at(own, share * seconds) for share in SHARES),
            best_se=tuple(error_at(own, share * seconds) for share in SHARES),
            trials=statistics.fmean(course.num_trials for course in own),
            epochs=statistics.fmean(course.num_epochs for course in own),
            failed=statistics.fmean(course.num_failed for course in own),
            ours_after=reached(ours, final) / seconds if is_other else None,
            each_of_ours_after=tuple(reached([one], final) / seconds for one in ours) if is_other else (),
        )


def _percent(share: float) -> str:
    return f"{share:.0%}" if math.isfinite(share) else "never"


def _finite(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

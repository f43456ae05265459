"""What failures teach: which options tend to end in one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from gnas_ray.core import Value

_PRIOR_SUCCESSES = 2.0
"""Unseen options count as this many successes: one failure among two halves nothing by itself."""
_FLOOR = 0.05
"""Nothing is ruled out for good: a failure may have been the machine's."""


class Feasibility:
    """The chance that a trial of an architecture does not fail, from counts of each option's endings.

    A failure says nothing about quality, so it never becomes a reward. Here it lowers the chance that members which
    share the failing option are tried again. The least feasible option decides: the options beside it in
    failed trials are cleared by their successes elsewhere.
    """

    def __init__(self) -> None:
        self._failures: Counter[tuple[str, Value]] = Counter()
        self._successes: Counter[tuple[str, Value]] = Counter()

    def record(self, architecture: Mapping[str, Value], *, failed: bool) -> None:
        """One trial of `architecture` ended."""
        (self._failures if failed else self._successes).update(architecture.items())

    def probability(self, architecture: Mapping[str, Value]) -> float:
        """In 0.05..1; exactly 1 where nothing has failed."""
        if not self._failures:
            return 1.0
        return max(_FLOOR, min((self._of(option) for option in architecture.items()), default=1.0))

    def _of(self, option: tuple[str, Value]) -> float:
        successes = self._successes[option] + _PRIOR_SUCCESSES
        return successes / (successes + self._failures[option])

"""What failures teach: which options tend to end in one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from gnas_ray.core import Value
from gnas_ray.space import Float, Integer, SearchSpace
from gnas_ray.surrogates.encoding import place

_PRIOR_SUCCESSES = 2.0
"""Unseen options count as this many successes: one failure among two halves nothing by itself."""
_FLOOR = 0.05
"""Nothing is ruled out for good: a failure may have been the machine's."""
_NUM_PARTS = 4
"""Of a number's range, each of which counts as an option."""


class Feasibility:
    """The chance that a trial does not fail, from counts of each option's endings.

    A failure says nothing about quality, so it never becomes a reward. Here it lowers the chance that members which
    share the failing option are tried again. The least feasible option decides: the options beside it in
    failed trials are cleared by their successes elsewhere.

    Args:
        space: What the members are of, which may be architectures alone.
    """

    def __init__(self, space: SearchSpace) -> None:
        self._numbers = {h.name: h for h in space.hyperparameters if isinstance(h, Float | Integer)}
        self._failures: Counter[tuple[str, Value]] = Counter()
        self._successes: Counter[tuple[str, Value]] = Counter()

    def record(self, member: Mapping[str, Value], *, failed: bool) -> None:
        """One trial of `member` ended."""
        (self._failures if failed else self._successes).update(self._options(member))

    def probability(self, member: Mapping[str, Value]) -> float:
        """In 0.05..1; exactly 1 where nothing has failed."""
        if not self._failures:
            return 1.0
        return max(_FLOOR, min(map(self._of, self._options(member)), default=1.0))

    def _options(self, member: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
        for name, value in member.items():
            number = self._numbers.get(name)
            yield name, value if number is None else min(int(_NUM_PARTS * place(number, float(value))), _NUM_PARTS - 1)

    def _of(self, option: tuple[str, Value]) -> float:
        successes = self._successes[option] + _PRIOR_SUCCESSES
        return successes / (successes + self._failures[option])

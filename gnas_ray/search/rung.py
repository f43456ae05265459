"""One rung: who reached it, and in which order they stand there."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from functools import cached_property

from gnas_ray.core import Merit
from gnas_ray.core.ranking import places


class Rung:
    """The trials that reached one fidelity, each with its best measurement up to there.

    Where trials are as good as one value, a trial's place is that value. Otherwise it is how many are worse (see
    `core.ranking.places`), and changes as others come; it is worked out when it is next asked for.

    Args:
        is_plain: Whether one value says how good a trial is.
    """

    def __init__(self, *, is_plain: bool) -> None:
        self._is_plain = is_plain
        self._merits: dict[int, Merit] = {}
        self._values: list[float] = []

    def __len__(self) -> int:
        return len(self._merits)

    def enter(self, number: int, merit: Merit) -> None:
        """Trial `number` has reached it."""
        self._merits[number] = merit
        if self._is_plain:
            insort(self._values, merit.values[0])
        else:
            for worked_out in ("_ranked", "_ascending"):
                self.__dict__.pop(worked_out, None)

    def merit(self, number: int) -> Merit:
        """Of a trial that reached it."""
        return self._merits[number]

    def place(self, number: int) -> float:
        """Among all that reached it so far: higher is better, equals are equal."""
        return self._merits[number].values[0] if self._is_plain else self._ranked[number]

    @property
    def places(self) -> Sequence[float]:
        """Of all, ascending."""
        return self._values if self._is_plain else self._ascending

    @cached_property
    def _ascending(self) -> Sequence[float]:
        return sorted(self._ranked.values())

    @cached_property
    def _ranked(self) -> dict[int, float]:
        return dict(zip(self._merits, map(float, places(list(self._merits.values()))), strict=True))

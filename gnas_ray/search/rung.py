"""One rung: who reached it, and in which order they stand there."""

from __future__ import annotations

from bisect import bisect_right, insort
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
        self._waiting: set[int] = set()

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

    def is_among_best(self, number: int, count: int) -> bool:
        """Whether fewer than `count` of those that reached it so far are better than `number`."""
        return len(self.places) - bisect_right(self.places, self.place(number)) < count

    def wait(self, number: int) -> None:
        """Trial `number`, which has reached it, waits here to be promoted."""
        self._waiting.add(number)

    def leave(self, number: int) -> None:
        """It waits no longer, if it did."""
        self._waiting.discard(number)

    def best_waiting(self) -> int | None:
        """Of the trials that wait here; the earlier of equals."""
        return max(self._waiting, key=lambda number: (self.place(number), -number), default=None)

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

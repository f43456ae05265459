"""One rung: who reached it, and in which order they stand there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gnas_ray.core import Merit
from gnas_ray.core.ranking import places
from gnas_ray.surrogates import Array


class Rung:
    """The trials that reached one fidelity, each with its best measurement up to there.

    Where trials are as good as one value, a trial's place is that value. Otherwise it is how many are worse (see
    `core.ranking.places`), and changes as others come; it is worked out when it is next asked for.

    Args:
        is_plain: Whether one value says how good a trial is.
        is_last: Whether nobody goes on from here. Below the last rung, who does not keep a constraint that training may
            still mend is not behind all others: how much is lacking is one more objective there.
    """

    def __init__(self, *, is_plain: bool, is_last: bool) -> None:
        self._is_plain = is_plain
        self._is_last = is_last
        self._merits: dict[int, Merit] = {}
        self._by_number: Array = np.zeros(0)
        self._ascending: Array = np.zeros(0)
        self._is_ranked = True
        self._waiting: set[int] = set()

    def __len__(self) -> int:
        return len(self._merits)

    def enter(self, number: int, merit: Merit) -> None:
        """Trial `number` has reached it."""
        self._merits[number] = merit
        if number >= len(self._by_number):
            self._by_number = np.append(self._by_number, np.full(number + 1, np.nan))
        if self._is_plain:
            value = self._by_number[number] = merit.values[0]
            self._ascending = np.insert(self._ascending, self._ascending.searchsorted(value), value)
        self._is_ranked = self._is_plain

    def is_among_best(self, number: int, count: int) -> bool:
        """Whether fewer than `count` of those that reached it so far are better than `number`."""
        num_better = len(self) - self.places.searchsorted(self.place(number), side="right")
        return bool(num_better < count)

    def wait(self, number: int) -> None:
        """Trial `number`, which has reached it, waits here to be promoted."""
        self._waiting.add(number)

    def leave(self, number: int) -> None:
        """It waits no longer, if it did."""
        self._waiting.discard(number)

    def best_waiting(self) -> int | None:
        """Of the trials that wait here; the earlier of equals."""
        if not self._waiting:
            return None
        numbers = np.fromiter(self._waiting, dtype=np.intp)
        places = self.places_of(numbers)
        return int(numbers[places == places.max()].min())

    def merit(self, number: int) -> Merit:
        """Of a trial that reached it."""
        return self._merits[number]

    def place(self, number: int) -> float:
        """Among all that reached it so far: higher is better, equals are equal."""
        self._rank()
        return float(self._by_number[number])

    def places_of(self, numbers: NDArray[np.intp]) -> Array:
        """(n,) the same of several trials; NaN for one that did not reach it."""
        self._rank()
        found = np.full(len(numbers), np.nan)
        is_known = numbers < len(self._by_number)
        found[is_known] = self._by_number[numbers[is_known]]
        return found

    @property
    def places(self) -> Array:
        """Of all, ascending."""
        self._rank()
        return self._ascending

    def _rank(self) -> None:
        if not self._is_ranked:
            merits = [merit if self._is_last else merit.half_way for merit in self._merits.values()]
            found = np.array(places(merits), dtype=float)
            self._by_number[list(self._merits)] = found
            self._ascending = np.sort(found)
            self._is_ranked = True

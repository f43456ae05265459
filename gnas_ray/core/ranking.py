"""The one order of trials that can be compared: constraints, then fronts, then how crowded a front is."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeVar

from gnas_ray.core.objectives import Merit

Values = tuple[float, ...]
"""One trial's values, higher is better."""


def places(merits: Sequence[Merit]) -> list[int]:
    """For each, how many of them are worse; equals are equal. All must be finite.

    Constrained domination (Deb et al. 2002, section VI): what keeps the constraints is better than what does not, and
    of two that don't, the one that breaks them less. Where that is equal, non-dominated sorting: who is on an earlier
    front is better, and on one front the less crowded. With one objective a front is one value, so that is the order
    of the values.
    """
    by_violation: dict[float, list[Values]] = defaultdict(list)
    violations = [merit.violation for merit in merits]
    for violation, merit in zip(violations, merits, strict=True):
        by_violation[violation].append(merit.values)
    order: dict[float, dict[Values, tuple[int, float]]] = {}
    for violation, alike in by_violation.items():
        within = order[violation] = {}
        for index, front in enumerate(fronts(alike)):
            for vector, distance in zip(front, crowding(front), strict=True):
                within[vector] = -index, distance
    keys = [(-violation, *order[violation][merit.values]) for violation, merit in zip(violations, merits, strict=True)]
    num_worse: dict[tuple[float, int, float], int] = {}
    for index, key in enumerate(sorted(keys)):
        num_worse.setdefault(key, index)
    return [num_worse[key] for key in keys]


def fronts(values: Sequence[Values]) -> list[list[Values]]:
    """Different vectors sorted into fronts: the first is dominated by none, each other by some of the one before.

    One vector dominates another when it is nowhere lower, and they differ. Efficient non-dominated sort with binary
    search (Zhang et al. 2015, ENS-BS). In their order no vector has a higher first value than one before it, so two
    objectives leave one to compare and three a staircase: O(n log n) comparisons for two, O(n log² n) for three, O(n²)
    at worst for more.
    """
    found: list[list[Values]] = []
    stairs: list[_Stairs] = []
    lowest: list[float] = []  # of each front, negated: with two objectives, that of its last vector says all
    for vector in sorted(set(values), reverse=True):
        if len(vector) <= 2:
            index = bisect_right(lowest, -vector[-1])
        elif len(vector) == 3:
            index = _first(stairs, vector, _Stairs.is_above)
        else:
            index = _first(found, vector, _dominates)
        if index == len(found):
            found.append([])
            stairs.append(_Stairs())
            lowest.append(math.inf)
        found[index].append(vector)
        lowest[index] = -vector[-1]
        if len(vector) == 3:
            stairs[index].add(vector)
    return found


class _Stairs:
    """The outline of a front of three objectives, seen along the first."""

    def __init__(self) -> None:
        self._second: list[float] = []  # negated, ascending
        self._third: list[float] = []  # ascending too: what is lower in the second is on the outline for being higher

    def is_above(self, vector: Values) -> bool:
        """Whether some vector here is nowhere lower in the second and third value."""
        step = bisect_right(self._second, -vector[1])
        return step > 0 and self._third[step - 1] >= vector[2]

    def add(self, vector: Values) -> None:
        """One that this is not above."""
        first = last = bisect_left(self._second, -vector[1])
        while last < len(self._third) and self._third[last] <= vector[2]:
            last += 1
        self._second[first:last], self._third[first:last] = [-vector[1]], [vector[2]]


def crowding(front: Sequence[Values]) -> list[float]:
    """Of each vector, how far apart its neighbours are (Deb et al. 2002, section III.B); infinite at the ends."""
    distance = [0.0] * len(front)
    for axis in range(len(front[0])):
        order = sorted(range(len(front)), key=lambda index: front[index][axis])
        lowest, highest = front[order[0]][axis], front[order[-1]][axis]
        distance[order[0]] = distance[order[-1]] = math.inf
        if highest > lowest:
            for before, here, after in zip(order, order[1:], order[2:], strict=False):
                distance[here] += (front[after][axis] - front[before][axis]) / (highest - lowest)
    return distance


Front = TypeVar("Front")


def _first(fronts: Sequence[Front], vector: Values, is_above: Callable[[Front, Values], bool]) -> int:
    """The index of the first front that is not above `vector`, as all before it are."""
    return bisect_left(fronts, True, key=lambda front: not is_above(front, vector))


def _dominates(front: Sequence[Values], vector: Values) -> bool:
    return any(all(theirs >= own for theirs, own in zip(member, vector, strict=True)) for member in reversed(front))

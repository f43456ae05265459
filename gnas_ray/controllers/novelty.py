"""Never the same network twice."""

from __future__ import annotations

import random
from collections.abc import Mapping

from gnas_ray.core import Value
from gnas_ray.space import SearchSpace
from gnas_ray.surrogates import has_alternatives


class Novelty:
    """Remembers the members that were tried, and with each all that are the same network.

    When all architectures have been tried, a second pass begins over those with hyperparameters that can be varied.
    Where none has any, the space is exhausted.

    Attributes:
        num_accepted: Trials so far, repeats counted.
    """

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._num_members = space.num_architectures()
        self._varying = frozenset(h.name for h in space.hyperparameters if has_alternatives(h))
        self._tried: set[str] = set()
        self._settled: set[str] = set()
        self.num_accepted = 0

    def accept(self, architecture: Mapping[str, Value]) -> None:
        """Counts a trial of this member."""
        keys = {self._space.key(same) for same in self._space.isomorphs(architecture)}
        self._tried |= keys
        if not any(h.name in self._varying for h in self._space.active_hyperparameters(architecture)):
            self._settled |= keys
        self.num_accepted += 1
        if len(self._tried) == self._num_members:
            self._tried = set(self._settled)

    def is_tried(self, key: str) -> bool:
        """Whether the member with this `SearchSpace.key` may not be tried (in this pass)."""
        return key in self._tried

    def first_new(self, generator: random.Random) -> dict[str, Value] | None:
        """A new member, found by walking the space in random order; None without one.

        Visits at most one member more than were tried, so it is quick exactly where sampling is not: in a space
        that is small or nearly exhausted.
        """
        return self._walk({}, 0, generator)

    def _walk(self, partial: dict[str, Value], index: int, generator: random.Random) -> dict[str, Value] | None:
        if index == len(self._space.decisions):
            return None if self.is_tried(self._space.key(partial)) else partial
        decision = self._space.decisions[index]
        if not self._space.active(partial, decision):
            return self._walk(partial, index + 1, generator)
        for option in generator.sample(decision.options, len(decision.options)):
            found = self._walk({**partial, decision.name: option}, index + 1, generator)
            if found is not None:
                return found
        return None

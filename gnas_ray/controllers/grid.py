"""Every member in a fixed order."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

from typing_extensions import override

from gnas_ray.controllers.base import Controller, Probabilities
from gnas_ray.controllers.episodes import Episode, Episodes
from gnas_ray.core import Proposal, Value
from gnas_ray.space import SearchSpace


class Grid(Controller):
    """Visits the members in order, the first decision changing fastest; learns nothing.

    Where all decisions are always active that is counting, with the first decision for the last digit. With conditions,
    the members that have a decision's first option, its second and so on are visited in turn, one of each; where
    one option has fewer members than another, it runs out, and the others go on without it. So even the start of a
    grid that is never finished has every option of the first decisions.

    It samples the same member until that is tried: for many different candidates from one controller, as a
    surrogate wants them, it is the wrong one.

    Args:
        space: What may be proposed.
        seed: Of the order of each decision's options.
        shuffle: Whether each decision's options come in a random order; else as the space lists them.
    """

    avoids_failures = False

    def __init__(self, space: SearchSpace, *, seed: int, shuffle: bool = True) -> None:
        super().__init__(space, seed=seed)
        generator = random.Random(seed)
        self._options = [
            generator.sample(decision.options, len(decision.options)) if shuffle else decision.options
            for decision in space.decisions
        ]
        self._ahead = self._members({}, 0)
        # What was visited is kept, for everything comes a second time where there are hyperparameters to vary.
        self._visited: list[tuple[str, Mapping[str, Value]]] = []

    @override
    def sample(self, generator: random.Random) -> Proposal:
        """The first new member; the very first when there is none."""
        new = (member for key, member in self._in_order() if not self._novelty.is_tried(key))
        architecture = next(new, None) or self._visited[0][1]
        return Proposal(architecture, "grid", policy_version=self.policy_version)

    @override
    def learn(self, rollout: Sequence[Episode], known: Episodes) -> None:
        pass

    @override
    def probabilities(self) -> Probabilities:
        """Empty: nothing is left to chance."""
        return {}

    def _in_order(self) -> Iterator[tuple[str, Mapping[str, Value]]]:
        yield from self._visited
        for member in self._ahead:
            self._visited.append((self.space.key(member), member))
            yield self._visited[-1]

    def _members(self, partial: Mapping[str, Value], index: int) -> Iterator[Mapping[str, Value]]:
        """Those that begin with `partial`, the decisions before `index`."""
        if index == len(self._options):
            yield partial
            return
        decision = self.space.decisions[index]
        if not self.space.active(partial, decision):
            yield from self._members(partial, index + 1)
            return
        yield from _in_turn(
            [self._members({**partial, decision.name: option}, index + 1) for option in self._options[index]]
        )


def _in_turn(iterators: Sequence[Iterator[Mapping[str, Value]]]) -> Iterator[Mapping[str, Value]]:
    """One of each, again and again, without those that have run out."""
    left = list(iterators)
    while left:
        going_on = []
        for iterator in left:
            for member in iterator:
                yield member
                going_on.append(iterator)
                break
        left = going_on

"""Which of several candidates is proposed: the place for a surrogate model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from typing_extensions import override

from gnas_ray.core import Proposal

if TYPE_CHECKING:
    from gnas_ray.controllers.base import Episode


class Selector(ABC):
    """Picks one of a controller's candidates; a surrogate predicts them from the episodes it was given.

    Attributes:
        num_candidates: How many different new members it wants to pick from.
    """

    num_candidates = 1

    @abstractmethod
    def select(
        self,
        candidates: Sequence[Proposal],
        *,
        feasibility: Sequence[float],
        ended: Sequence[Episode],
        running: Sequence[Proposal],
    ) -> Proposal:
        """One of `candidates`; must not change what it selects next.

        Args:
            candidates: Different new members: at least one, at most `num_candidates`, fewer when the space is nearly
                exhausted.
            feasibility: For each, the chance that it does not fail.
            ended: All trials that ended, learned from or not, with rewards against today's peers.
            running: What is being tried.
        """

    @abstractmethod
    def learn(self, rollout: Sequence[Episode], past: Sequence[Episode]) -> None:
        """As `Controller.learn`."""


class FirstSelector(Selector):
    """Takes the first: what was sampled is what is proposed."""

    @override
    def select(
        self,
        candidates: Sequence[Proposal],
        *,
        feasibility: Sequence[float],
        ended: Sequence[Episode],
        running: Sequence[Proposal],
    ) -> Proposal:
        return candidates[0]

    @override
    def learn(self, rollout: Sequence[Episode], past: Sequence[Episode]) -> None:
        pass

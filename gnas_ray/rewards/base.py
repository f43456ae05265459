"""What every reward is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence


class Reward(ABC):
    """A trial's quality as one number, from comparisons at equal fidelity only."""

    @abstractmethod
    def rate(self, values: Sequence[float], peers: Sequence[Sequence[float]]) -> float | None:
        """The trial's reward, higher is better, against the peers that are known now.

        Pure: the same arguments give the same number, and neither is modified. A trial's reward changes as
        peers arrive; whoever learns from old trials rates them again.

        Args:
            values: Best objective so far at each rung that the trial reached, lowest rung first.
            peers: For each rung of the ladder, the values of all trials that reached it, this one included,
                ascending.

        Returns:
            None for a trial that reached no rung: there is nobody to compare it with.
        """

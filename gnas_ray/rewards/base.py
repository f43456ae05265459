"""What every reward is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Reward(ABC):
    """A trial's quality as one number, from comparisons at equal fidelity only."""

    @abstractmethod
    def rate(self, values: Array, peers: Sequence[Array]) -> Array:
        """(trials,) rewards, higher is better, against the peers that are known now; NaN for a trial that reached no
        rung: there is nobody to compare it with.

        Pure: the same arguments give the same numbers, neither is modified, and a trial's reward does not depend on
        which others are rated with it. It changes as peers arrive; whoever learns from old trials rates them again,
        all at once, so this should take no time for each of them.

        Args:
            values: (trials, rungs) the trial's place at each rung, lowest rung first: with one objective its best so
                far, else how many there are worse; NaN at those that it did not reach, or does not count at.
            peers: For each rung, the values of all trials that reached it, these included, ascending.
        """

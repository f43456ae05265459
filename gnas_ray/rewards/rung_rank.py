"""How far a trial climbed, then its rank among its peers there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from typing_extensions import override

from gnas_ray.rewards.base import Array, Reward


class RungRank(Reward):
    """``(climbed + beaten / max(num_peers - 1, 1)) / num_rungs``, in 0..1.

    `climbed` counts the rungs below the highest one reached, and `beaten` the peers there with a strictly lower
    value, so the scale of the objective does not matter, and a trial stopped early is never compared by raw value
    with one that trained longer.
    """

    @override
    def rate(self, values: Array, peers: Sequence[Array]) -> Array:
        climbed = (~np.isnan(values)).sum(axis=1) - 1
        rewards = np.full(len(values), np.nan)
        for rung, ranked in enumerate(peers):
            stopped_here = climbed == rung
            beaten = np.searchsorted(ranked, values[stopped_here, rung])
            rewards[stopped_here] = (rung + beaten / max(len(ranked) - 1, 1)) / len(peers)
        return rewards

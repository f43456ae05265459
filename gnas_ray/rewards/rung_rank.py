"""How far a trial climbed, then its rank among its peers there."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from typing_extensions import override

from gnas_ray.rewards.base import Reward


class RungRank(Reward):
    """``(climbed + beaten / max(num_peers - 1, 1)) / num_rungs``, in 0..1.

    `climbed` counts the rungs below the highest one reached, and `beaten` the peers there with a strictly lower
    value, so the scale of the objective does not matter, and a trial stopped early is never compared by raw value
    with one that trained longer.
    """

    @override
    def rate(self, values: Sequence[float], peers: Sequence[Sequence[float]]) -> float | None:
        if not values:
            return None
        climbed = len(values) - 1
        ranked = peers[climbed]
        beaten = bisect_left(ranked, values[climbed])
        return (climbed + beaten / max(len(ranked) - 1, 1)) / len(peers)

"""What several controllers ask of episodes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from gnas_ray.controllers.base import Episode
from gnas_ray.controllers.policy import Array


def distinct(episodes: Iterable[Episode]) -> list[Episode]:
    """The last rewarded episode of each architecture, in the order in which architectures first had a reward.

    One that was tried several times has the same reward each time, and counts once.
    """
    by_key = {e.proposal.key: e for e in episodes if e.reward is not None}
    return list(by_key.values())


def rank_advantages(episodes: Sequence[Episode], rewarded: Sequence[Episode]) -> Array:
    """(n,) rank of each reward among all in `rewarded`, centred and scaled: mean 0, standard deviation 1 over them.

    Equal rewards share the middle of their ranks.
    """
    known = np.sort(_rewards(rewarded))
    below = np.searchsorted(known, _rewards(episodes), side="left")
    up_to = np.searchsorted(known, _rewards(episodes), side="right")
    quantile = (below + up_to) / (2 * len(known))
    advantage: Array = (2 * quantile - 1) * math.sqrt(3)
    return advantage


def _rewards(episodes: Sequence[Episode]) -> Array:
    return np.array([episode.reward for episode in episodes], dtype=float)

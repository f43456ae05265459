"""What several controllers ask of episodes."""

from __future__ import annotations

from collections.abc import Iterable

from gnas_ray.controllers.base import Episode


def distinct(episodes: Iterable[Episode]) -> list[Episode]:
    """The last rewarded episode of each architecture, in the order in which architectures first had a reward.

    One that was tried several times has the same reward each time, and counts once.
    """
    by_key = {e.proposal.key: e for e in episodes if e.reward is not None}
    return list(by_key.values())

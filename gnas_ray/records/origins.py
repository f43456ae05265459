"""Where proposals came from, and what came of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gnas_ray.records.leaderboard import LeaderboardRow


@dataclass(frozen=True)
class Origin:
    """The trials of one origin: ``prior``, ``policy``, ``mutation``, ``retune``, ...

    Attributes:
        num_picked: How many of them the surrogate picked among candidates; the others were tried unseen.
        num_good: How many of them are in the better quarter of the trials with a value.
        best: The first of them on the leaderboard.
    """

    name: str
    num_trials: int
    num_failed: int
    num_picked: int
    num_good: int
    best: LeaderboardRow


def origins(rows: Sequence[LeaderboardRow]) -> tuple[Origin, ...]:
    """Of the leaderboard's trials, the origin with the best trial first."""
    by_name: dict[str, list[LeaderboardRow]] = {}
    for row in rows:
        by_name.setdefault(row.origin, []).append(row)
    last_good = math.ceil(sum(row.has_value for row in rows) / 4)
    return tuple(
        Origin(
            name,
            num_trials=len(own),
            num_failed=sum(row.is_in_vain for row in own),
            num_picked=sum(row.num_rivals > 0 for row in own),
            num_good=sum(row.rank <= last_good and row.has_value for row in own),
            best=own[0],
        )
        for name, own in by_name.items()
    )

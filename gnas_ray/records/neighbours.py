"""What was tried beside the winner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gnas_ray.core import Value
from gnas_ray.records.leaderboard import LeaderboardRow
from gnas_ray.space import Decision


@dataclass(frozen=True)
class Neighbour:
    """The best trial whose architecture is the winner's but for one option.

    Attributes:
        decision: The only decision that both made and made otherwise; its options may have made others active.
        option: The neighbour's.
        instead_of: The winner's.
        row: The best of the trials with that option; its hyperparameters are its own.
        num_trials: How many there were.
    """

    decision: str
    option: Value
    instead_of: Value
    row: LeaderboardRow
    num_trials: int


def neighbours(
    winner: LeaderboardRow, rows: Iterable[LeaderboardRow], decisions: Sequence[Decision]
) -> tuple[Neighbour, ...]:
    """Of the leaderboard's trials; in the order of the decisions and their options."""
    tried: dict[tuple[str, Value], list[LeaderboardRow]] = {}
    for row in rows:
        differing = decided_otherwise(winner, row)
        if len(differing) == 1:
            tried.setdefault((differing[0], row.architecture[differing[0]]), []).append(row)
    return tuple(
        Neighbour(decision.name, option, winner.architecture[decision.name], own[0], len(own))
        for decision in decisions
        for option in decision.options
        if (own := tried.get((decision.name, option)))
    )


def decided_otherwise(winner: LeaderboardRow, row: LeaderboardRow) -> list[str]:
    """The decisions that both made, and `row` otherwise."""
    theirs = row.architecture
    return [name for name, option in winner.architecture.items() if theirs.get(name, option) != option]

"""The last table: winner and baselines, tested once on the same split."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """A test metric: its mean, and its standard deviation and single values where several seeds were trained."""

    mean: float
    std: float | None = None
    seeds: tuple[float, ...] = ()

    def __str__(self) -> str:
        return f"{self.mean:.4f}" if self.std is None else f"{self.mean:.4f} ± {self.std:.4f}"


@dataclass(frozen=True)
class FinalRow:
    """One line of the table.

    Attributes:
        name: A baseline's name, or the winner's trial, or those of an ensemble.
        metrics: On the test part, by name; ``warm.ndcg@20`` and ``cold.ndcg@20`` are over such items alone.
        detail: How it was set, for people.
        trial: The winner's number, the first of an ensemble; None for a baseline.
    """

    name: str
    metrics: Mapping[str, Spread]
    detail: str = ""
    trial: int | None = None

    @property
    def is_winner(self) -> bool:
        """Whether it is what the search found."""
        return self.trial is not None

    @property
    def label(self) -> str:
        """The name as a table has it, e.g. ``trial 7 (winner)``."""
        return f"{self.name} (winner)" if self.is_winner else self.name


def ranked(rows: Sequence[FinalRow], objective: str) -> tuple[FinalRow, ...]:
    """`rows` by their test value of `objective`, best first, whoever that is."""
    return tuple(sorted(rows, key=lambda row: -_value(row, objective)))


def metrics_of_all_items(rows: Sequence[FinalRow], objective: str) -> tuple[str, ...]:
    """The table's columns: the objective, then every other metric that is over all items."""
    names = [objective, *(name for row in rows for name in row.metrics if "." not in name)]
    return tuple(dict.fromkeys(names))


def metrics_apart(rows: Sequence[FinalRow], objective: str) -> tuple[str, ...]:
    """The objective over all, warm and cold items; empty where the test part has no cold item, so that warm is all."""
    cold = f"cold.{objective}"
    return (objective, f"warm.{objective}", cold) if any(cold in row.metrics for row in rows) else ()


def verdict(rows: Sequence[FinalRow], objective: str) -> str:
    """One sentence on winner against best baseline, as plain when a baseline wins; "" before both are tested."""
    winner = next((row for row in rows if row.is_winner), None)
    baselines = [row for row in rows if not row.is_winner]
    if winner is None or not baselines:
        return ""
    best = ranked(baselines, objective)[0]
    ours, theirs = winner.metrics[objective], best.metrics[objective]
    ratio = f", ratio {ours.mean / theirs.mean:.3f}" if theirs.mean else ""
    comparison = f"test {objective} {ours} against {theirs}{ratio}"
    if ours.mean < theirs.mean:
        beaten = f"The baseline {best.name} beats what the search found ({winner.name})"
        return f"{beaten}: {comparison}. The bundle is of the latter."
    return f"The search's {winner.name} against the best baseline, {best.name}: {comparison}."


def _value(row: FinalRow, objective: str) -> float:
    spread = row.metrics.get(objective)
    return spread.mean if spread else -math.inf

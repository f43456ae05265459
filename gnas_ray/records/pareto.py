"""Which trials no other beats in both quality and cost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gnas_ray.core import RungLadder
from gnas_ray.ledger import TrialRecord
from gnas_ray.records.leaderboard import compared_value, rungs_climbed

COSTS = {
    "epoch_seconds": "seconds an epoch",
    "latency_ms": "milliseconds to serve 1,000 users",
    "num_parameters": "parameters",
    "peak_memory_bytes": "peak memory, bytes",
}
"""Measured costs, lower is better, with the words of an axis."""


@dataclass(frozen=True)
class CostPoint:
    """One trial's quality against one cost.

    Attributes:
        num_rungs: Rungs it reached; points with fewer than the most are not compared.
        on_front: Among those that climbed furthest, no other has at least its quality for less, or more for as little.
    """

    number: int
    cost: float
    quality: float
    num_rungs: int
    on_front: bool


def cost_points(
    records: Sequence[TrialRecord], cost: str, *, objective: str, rungs: RungLadder
) -> tuple[CostPoint, ...]:
    """Every trial that measured both and did not fail, by ascending cost.

    The front is drawn within the highest rung that any trial reached: a trial stopped at three epochs is never
    compared with one that ran to thirty. A trial's cost is its last measured one.
    """
    points = [
        (_last(record, cost), compared_value(record, objective, rungs), rungs_climbed(record, objective, rungs), record)
        for record in records
        if not record.is_failed
    ]
    known = [point for point in points if not math.isnan(point[0]) and not math.isnan(point[1])]
    highest = max((reached for _, _, reached, _ in known), default=0)
    front = pareto_front((c, q) for c, q, reached, _ in known if reached == highest)
    points_of = [
        CostPoint(record.number, c, q, reached, reached == highest and (c, q) in front)
        for c, q, reached, record in known
    ]
    return tuple(sorted(points_of, key=lambda point: (point.cost, -point.quality)))


def pareto_front(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """The (cost, quality) pairs that no other dominates, by ascending cost; equal pairs once.

    One pair dominates another when its cost is no higher and its quality no lower, and they differ.
    """
    front: list[tuple[float, float]] = []
    for cost, quality in sorted(set(points), key=lambda point: (point[0], -point[1])):
        if not front or quality > front[-1][1]:
            front.append((cost, quality))
    return front


def measured_costs(records: Iterable[TrialRecord]) -> list[str]:
    """The costs of `COSTS` that any trial measured, in that order."""
    names = {name for record in records for measurement in record.measurements for name in measurement.metrics}
    return [cost for cost in COSTS if cost in names]


def _last(record: TrialRecord, metric: str) -> float:
    values = (m.metrics[metric] for m in reversed(record.measurements) if metric in m.metrics)
    return next(values, math.nan)

"""Which trials no other beats in both quality and cost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from gnas_ray.core import Measurement, Objectives
from gnas_ray.ledger import TrialRecord

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
        keeps_constraints: In its best measurement.
        on_front: Among those that keep the constraints, no other has at least its quality for less, or more for as
            little.
    """

    number: int
    cost: float
    quality: float
    keeps_constraints: bool
    on_front: bool = False


def cost_points(records: Sequence[TrialRecord], cost: str, *, objectives: Objectives) -> tuple[CostPoint, ...]:
    """Every trial that measured both and did not fail, by ascending cost.

    A trial's quality is the best it measured, at any rung; its cost the last measured one, or that of its best
    measurement where the cost is an objective.
    """
    points = [
        _point(record, measurement, cost, objectives)
        for record in records
        if not record.is_in_vain and (measurement := objectives.best(record.measurements)) is not None
    ]
    known = [point for point in points if not math.isnan(point.cost)]
    kept = [point for point in known if point.keeps_constraints]
    front = pareto_front((point.cost, point.quality) for point in kept)
    found = [replace(p, on_front=p.keeps_constraints and (p.cost, p.quality) in front) for p in known]
    return tuple(sorted(found, key=lambda point: (point.cost, -point.quality)))


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


def _point(record: TrialRecord, measurement: Measurement, cost: str, objectives: Objectives) -> CostPoint:
    metrics = measurement.metrics
    value = metrics[cost] if cost in objectives.names else _last(record, cost)
    quality, keeps = metrics[objectives.metric], objectives.keeps_constraints(metrics)
    return CostPoint(record.number, value, quality, keeps)


def _last(record: TrialRecord, metric: str) -> float:
    values = (m.metrics[metric] for m in reversed(record.measurements) if metric in m.metrics)
    return next(values, math.nan)

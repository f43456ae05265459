"""Which trial was the best, when."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gnas_ray.core import RungLadder
from gnas_ray.ledger import TrialRecord


@dataclass(frozen=True)
class IncumbentStep:
    """A trial became the best, or the best improved itself.

    Attributes:
        seconds: Since the first trial started.
        num_rungs: Rungs it had reached by then.
        value: Its best objective by then.
    """

    seconds: float
    number: int
    num_rungs: int
    value: float


def incumbent_steps(records: Sequence[TrialRecord], *, objective: str, rungs: RungLadder) -> tuple[IncumbentStep, ...]:
    """Every change of the incumbent, in time.

    A trial takes over when it has climbed further, or as far with a higher value; so the value may step down when a
    trial is first to reach a higher rung. Failed trials count up to their failure.
    """
    start = min((record.started for record in records), default=0.0)
    heard = sorted(
        (at, record.number, measurement.fidelity, measurement.metrics.get(objective, math.nan))
        for record in records
        for at, measurement in zip(record.measured_at, record.measurements, strict=True)
    )
    best_of: dict[int, tuple[float, int]] = {}
    steps: list[IncumbentStep] = []
    for at, number, fidelity, value in heard:
        if math.isnan(value):
            continue
        if number not in best_of or value > best_of[number][0]:
            best_of[number] = value, fidelity
        best, best_fidelity = best_of[number]
        step = IncumbentStep(at - start, number, rungs.rungs_reached(fidelity, best_fidelity), best)
        if not steps or (step.num_rungs, step.value) > (steps[-1].num_rungs, steps[-1].value):
            steps.append(step)
    return tuple(steps)

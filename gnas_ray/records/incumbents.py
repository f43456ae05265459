"""Which trial was the best, when."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gnas_ray.core import Merit, Objectives, RungLadder
from gnas_ray.ledger import TrialRecord


@dataclass(frozen=True)
class IncumbentStep:
    """A trial became the best, or the best improved itself.

    Attributes:
        seconds: Since the first trial started.
        num_rungs: Rungs it had reached by then.
        value: Its first objective by then.
    """

    seconds: float
    number: int
    num_rungs: int
    value: float


class _Best(NamedTuple):
    """A trial's best measurement of those up to a fidelity."""

    by: int
    merit: Merit
    at: int


def incumbent_steps(
    records: Sequence[TrialRecord], *, objectives: Objectives, rungs: RungLadder
) -> tuple[IncumbentStep, ...]:
    """Every change of the incumbent, in time.

    As on the leaderboard, a trial takes over when it has climbed further, or as far with a higher value of the first
    objective by its last rung, or of equals of the second, and so on. So the value may step down when a trial is first
    to reach a higher rung, or to keep the constraints: one that breaks them has climbed no further than the first
    rung, and gives way to any that does not.
    Failed trials count up to their failure.
    """
    start = min((record.started for record in records), default=0.0)
    heard = sorted(
        (at, record.number, measurement.fidelity, objectives.merit(measurement.metrics))
        for record in records
        for at, measurement in zip(record.measured_at, record.measurements, strict=True)
        if objectives.best([measurement]) is not None
    )
    bests: dict[int, list[_Best]] = defaultdict(list)
    steps: list[IncumbentStep] = []
    highest: tuple[bool, int, float, tuple[float, ...]] | None = None
    for at, number, fidelity, merit in heard:
        own = bests[number]
        is_better = not own or merit.order > own[-1].merit.order
        own.append(_Best(fidelity, merit, fidelity) if is_better else own[-1]._replace(by=fidelity))
        num_rungs = rungs.rungs_reached(fidelity, own[-1].at)
        num_counted = num_rungs if own[-1].merit.violation == 0 else min(num_rungs, 1)
        rung = rungs.fidelities[num_counted - 1] if num_counted else math.inf
        compared = next((best.merit for best in own if best.by >= rung), own[-1].merit)
        place = compared.violation == 0, num_counted, -compared.violation, compared.values
        if highest is None or place > highest:
            highest = place
            steps.append(IncumbentStep(at - start, number, num_rungs, compared.values[0]))
    return tuple(steps)

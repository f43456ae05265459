"""Which trial was the best, when."""

from __future__ import annotations

import math
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


def incumbent_steps(
    records: Sequence[TrialRecord], *, objectives: Objectives, rungs: RungLadder
) -> tuple[IncumbentStep, ...]:
    """Every change of the incumbent, in time.

    A trial takes over when it measures a higher value of the first objective, or of equals of the second, and so on; or
    when it is first to keep the constraints, or breaks them less. Failed trials count up to their failure; then the
    best of the others is it again. So only then, and by constraints, the value steps down.
    """
    start = min((record.started for record in records), default=0.0)
    heard: list[tuple[float, int, float, Merit | None]] = [
        (at, record.number, measurement.fidelity, objectives.merit(measurement.metrics))
        for record in records
        for at, measurement in zip(record.measured_at, record.measurements, strict=True)
        if objectives.best([measurement]) is not None
    ]
    heard += [(record.ended, record.number, math.inf, None) for record in records if record.is_in_vain and record.ended]
    stands: dict[int, _Standing] = {}
    steps: list[IncumbentStep] = []
    holder: int | None = None
    for at, number, fidelity, merit in sorted(heard, key=lambda event: event[:3]):
        held, before = holder, None if holder is None else stands[holder]
        if merit is None:
            stands.pop(number, None)
            if number == holder:
                holder = max(stands, key=lambda n: _place(n, stands[n]), default=None)
        else:
            stands[number] = _stand(stands.get(number), int(fidelity), merit, rungs)
            if before is None or _place(number, stands[number]) > _place(holder, before):
                holder = number
        if holder is not None and (holder, stands[holder]) != (held, before):
            steps.append(IncumbentStep(at - start, holder, stands[holder].num_rungs, stands[holder].merit.values[0]))
    return tuple(steps)


class _Standing(NamedTuple):
    """A trial's best measurement, and how far it has come."""

    merit: Merit
    best_fidelity: int
    num_rungs: int


def _place(number: int | None, standing: _Standing) -> tuple[tuple[float, tuple[float, ...]], int]:
    """As the search has it: of equals the earlier trial."""
    return standing.merit.order_of_trials, -(number or 0)


def _stand(before: _Standing | None, fidelity: int, merit: Merit, rungs: RungLadder) -> _Standing:
    """After one measurement more."""
    is_better = before is None or merit.order > before.merit.order
    best, best_fidelity = (merit, fidelity) if before is None or is_better else before[:2]
    return _Standing(best, best_fidelity, rungs.rungs_reached(fidelity, best_fidelity))

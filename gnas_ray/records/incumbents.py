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
    Failed trials count up to their failure; then the best of the others is it again.
    """
    start = min((record.started for record in records), default=0.0)
    heard: list[tuple[float, int, float, Merit | None]] = [
        (at, record.number, measurement.fidelity, objectives.merit(measurement.metrics))
        for record in records
        for at, measurement in zip(record.measured_at, record.measurements, strict=True)
        if objectives.best([measurement]) is not None
    ]
    heard += [(record.ended, record.number, math.inf, None) for record in records if record.is_in_vain and record.ended]
    bests: dict[int, list[_Best]] = defaultdict(list)
    stands: dict[int, _Standing] = {}
    steps: list[IncumbentStep] = []
    holder: int | None = None
    for at, number, fidelity, merit in sorted(heard, key=lambda event: event[:3]):
        before = None if holder is None else stands[holder]
        if merit is None:
            stands.pop(number, None)
            holder = max(stands, key=lambda n: (stands[n].place, -n), default=None) if number == holder else holder
        else:
            stands[number] = _stand(bests[number], fidelity, merit, rungs)
            holder = number if before is None or stands[number].place > before.place else holder
        if holder is not None and (before is None or stands[holder] != before):
            steps.append(IncumbentStep(at - start, holder, stands[holder].num_rungs, stands[holder].value))
    return tuple(steps)


class _Standing(NamedTuple):
    """How a trial compares, with what the step shows of it."""

    place: tuple[bool, int, float, tuple[float, ...]]
    num_rungs: int
    value: float


def _stand(own: list[_Best], fidelity: float, merit: Merit, rungs: RungLadder) -> _Standing:
    """After one measurement more, which joins `own`."""
    epoch = int(fidelity)
    is_better = not own or merit.order > own[-1].merit.order
    own.append(_Best(epoch, merit, epoch) if is_better else own[-1]._replace(by=epoch))
    num_rungs = rungs.rungs_reached(epoch, own[-1].at)
    num_counted = num_rungs if own[-1].merit.violation == 0 else min(num_rungs, 1)
    rung = rungs.fidelities[num_counted - 1] if num_counted else math.inf
    compared = next((best.merit for best in own if best.by >= rung), own[-1].merit)
    place = compared.violation == 0, num_counted, -compared.violation, compared.values
    return _Standing(place, num_rungs, compared.values[0])

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

    As on the leaderboard, a trial takes over when it measures a higher value of the first objective, or of equals of
    the second, and so on. So the value steps down only when a trial is first to keep the constraints, or breaks them
    less.
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
    stands: dict[int, _Standing] = {}
    steps: list[IncumbentStep] = []
    holder: int | None = None
    for at, number, fidelity, merit in sorted(heard, key=lambda event: event[:3]):
        before = None if holder is None else stands[holder]
        if merit is None:
            stands.pop(number, None)
            holder = max(stands, key=lambda n: (stands[n].place, -n), default=None) if number == holder else holder
        else:
            stands[number] = _stand(stands.get(number), int(fidelity), merit, rungs)
            holder = number if before is None or stands[number].place > before.place else holder
        if holder is not None and (before is None or stands[holder] != before):
            steps.append(IncumbentStep(at - start, holder, stands[holder].num_rungs, stands[holder].value))
    return tuple(steps)


class _Standing(NamedTuple):
    """How a trial compares by its best measurement, and what the step shows of it."""

    place: tuple[float, tuple[float, ...]]
    best_fidelity: int
    num_rungs: int

    @property
    def value(self) -> float:
        """Its first objective."""
        return self.place[1][0]


def _stand(before: _Standing | None, fidelity: int, merit: Merit, rungs: RungLadder) -> _Standing:
    """After one measurement more."""
    is_better = before is None or merit.order > (before.place[0], before.value)
    place, best = ((-merit.violation, merit.values), fidelity) if before is None or is_better else before[:2]
    return _Standing(place, best, rungs.rungs_reached(fidelity, best))

"""The ranking of trials: how far each climbed, then its objective among those that climbed as far."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gnas_ray.core import RungLadder, Value
from gnas_ray.core.trial import best_value
from gnas_ray.ledger import TrialRecord
from gnas_ray.records.events import finite


@dataclass(frozen=True)
class LeaderboardRow:
    """One trial's place.

    Attributes:
        rank: From 1.
        state: ``running``, ``finished``, ``stopped`` or ``failed``.
        num_rungs: Rungs reached.
        epochs: Epochs measured.
        objective: Best value up to the last rung reached, so that rows with equal `num_rungs` compare; before the
            first rung the best so far; NaN without a measurement.
        reward: What the controller heard, or None.
        seconds: From start to end (to the last measurement while it runs).
        failure: Why it failed, or "".
    """

    rank: int
    number: int
    state: str
    num_rungs: int
    epochs: int
    objective: float
    reward: float | None
    origin: str
    seconds: float
    architecture: Mapping[str, Value]
    hyperparameters: Mapping[str, Value]
    seed: int
    failure: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The row of ``gnas-ray show --json``; NaN becomes None."""
        plain: dict[str, Any] = finite({field: getattr(self, field) for field in self.__dataclass_fields__})
        return plain


def leaderboard(records: Iterable[TrialRecord], *, objective: str, rungs: RungLadder) -> tuple[LeaderboardRow, ...]:
    """All trials, best first: by rungs reached, then by objective; failed ones last, ties to the earlier trial."""
    ranked = sorted(records, key=lambda record: _order(record, objective, rungs))
    return tuple(_row(rank, record, objective, rungs) for rank, record in enumerate(ranked, start=1))


def incumbent(rows: Sequence[LeaderboardRow]) -> LeaderboardRow | None:
    """The best row that has a measurement and did not fail; None when there is none."""
    return next((row for row in rows if row.state != "failed" and not math.isnan(row.objective)), None)


def rungs_climbed(record: TrialRecord, objective: str, rungs: RungLadder) -> int:
    """Rungs that `record` has reached; all of them once it has trained out."""
    best = record.best_fidelity(objective)
    return 0 if best is None else rungs.rungs_reached(record.fidelity, best)


def compared_value(record: TrialRecord, objective: str, rungs: RungLadder) -> float:
    """The value that ranks `record` among trials that reached as many rungs; NaN without a measurement."""
    reached = rungs_climbed(record, objective, rungs)
    fidelity = rungs.fidelities[reached - 1] if reached else None
    return best_value(record.measurements, objective, fidelity=fidelity)


def _order(record: TrialRecord, objective: str, rungs: RungLadder) -> tuple[bool, int, float, int]:
    value = compared_value(record, objective, rungs)
    reached = rungs_climbed(record, objective, rungs)
    return record.is_failed, -reached, math.inf if math.isnan(value) else -value, record.number


def _row(rank: int, record: TrialRecord, objective: str, rungs: RungLadder) -> LeaderboardRow:
    return LeaderboardRow(
        rank=rank,
        number=record.number,
        state=record.state,
        num_rungs=rungs_climbed(record, objective, rungs),
        epochs=record.fidelity,
        objective=compared_value(record, objective, rungs),
        reward=record.reward,
        origin=record.proposal.origin,
        seconds=seconds_of(record),
        architecture=record.spec.architecture,
        hyperparameters=record.spec.hyperparameters,
        seed=record.spec.seed,
        failure=record.outcome.detail if record.outcome and record.is_failed else "",
    )


def seconds_of(record: TrialRecord) -> float:
    """Wall seconds from the trial's start to its end, or to its last measurement while it runs."""
    last = record.measured_at[-1] if record.measured_at else record.started
    return (record.ended or last) - record.started

"""The ranking of trials: by the best that each has measured, whatever rung it was stopped at."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gnas_ray.core import Ending, Measurement, Merit, Objectives, RungLadder, Value
from gnas_ray.core.ranking import fronts, places
from gnas_ray.ledger import TrialRecord
from gnas_ray.records.events import finite


@dataclass(frozen=True)
class LeaderboardRow:
    """One trial's place.

    Attributes:
        rank: From 1.
        state: ``running``, ``paused``, ``finished``, ``stopped``, ``failed`` or ``infeasible``.
        num_rungs: Rungs reached.
        epochs: Epochs measured.
        objective: The first objective of the best measurement; NaN without one.
        reward: What the controller heard, or None.
        num_rivals: Candidates over which the surrogate picked it.
        seconds: From start to end (to what was last heard of it while it is open), without those in which it was
            paused or nobody searched.
        failure: Why it failed or was never trained, or "".
        others: Further objectives and the constraints' metrics, from the same measurement as `objective`.
        violation: By what share constraints are broken there, in total.
        on_front: Whether it keeps the constraints, and of those that do, none is as good in every objective and better
            in one.
        order: Sorts trials as the search does, see `Merit.order_of_trials`; of those that were measured only.
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
    num_rivals: int = 0
    failure: str = ""
    others: Mapping[str, float] = field(default_factory=dict)
    violation: float = 0.0
    on_front: bool = False
    order: tuple[float, tuple[float, ...]] = (-math.inf, ())

    @property
    def is_in_vain(self) -> bool:
        """Whether it ended without a value: it failed, or was never trained."""
        return self.state in (Ending.FAILED, Ending.INFEASIBLE)

    @property
    def has_value(self) -> bool:
        """Whether it did not end in vain, and was measured."""
        return not self.is_in_vain and not math.isnan(self.objective)

    def to_dict(self) -> dict[str, Any]:
        """The row of ``gnas-ray show --json``; NaN becomes None."""
        names = [name for name in self.__dataclass_fields__ if name != "order"]
        plain: dict[str, Any] = finite({name: getattr(self, name) for name in names})
        return plain


def leaderboard(
    records: Iterable[TrialRecord], *, objectives: Objectives, rungs: RungLadder
) -> tuple[LeaderboardRow, ...]:
    """All trials, best first, by `core.ranking`; then those without a measurement, last those that failed or were never
    trained. Ties to the earlier trial.

    What is compared is the best that each has measured. A trial that was stopped may be worth more than it showed, but
    not less, so it is not behind those that trained longer and showed less.
    """
    standings = [_Standing.of(record, objectives, rungs) for record in records]
    groups: dict[_Group, list[_Standing]] = defaultdict(list)
    for standing in standings:
        groups[standing.group].append(standing)
    ranked: list[_Standing] = []
    for group in sorted(groups, reverse=True):
        place = places([standing.merit or _UNMEASURED for standing in groups[group]])
        placed = sorted(zip(place, groups[group], strict=True), key=lambda pair: (-pair[0], pair[1].record.number))
        ranked += [standing for _, standing in placed]
    front = _front(ranked)
    return tuple(_row(rank, s, objectives, on_front=s.record.number in front) for rank, s in enumerate(ranked, start=1))


def incumbent(rows: Sequence[LeaderboardRow]) -> LeaderboardRow | None:
    """The best row by the first objective that keeps the constraints, of equals by the second, and so on.

    With one objective that is the first. Where none keeps the constraints, the one that breaks them least. None when
    no trial that did not fail has a measurement.
    """
    measured = [row for row in rows if row.has_value]
    if not measured:
        return None
    return max(measured, key=lambda row: (row.order, -row.number))


def front(rows: Sequence[LeaderboardRow]) -> tuple[LeaderboardRow, ...]:
    """The rows that no other dominates, best by the first objective first; see `LeaderboardRow.on_front`."""
    return tuple(sorted((row for row in rows if row.on_front), key=lambda row: (-row.objective, row.rank)))


def describe_winner(rows: Sequence[LeaderboardRow], objectives: Objectives) -> str:
    """Why the incumbent is the winner, where there is more to it than one value; "" before there is one."""
    best = incumbent(rows)
    if best is None:
        return ""
    limits = " and ".join(map(str, objectives.constraints))
    on_front = ", ".join(str(row.number) for row in front(rows))
    parts = [f"front: trials {on_front}"] if objectives.is_several and on_front else []
    if best.violation > 0:
        return "; ".join([*parts, f"no trial keeps {limits}; trial {best.number} breaks it least"])
    of_whom = f" of those that keep {limits}" if limits else ""
    return "; ".join([*parts, f"the winner is trial {best.number}: the highest {objectives.metric}{of_whom}"])


def rungs_climbed(record: TrialRecord, objectives: Objectives, rungs: RungLadder) -> int:
    """Rungs that `record` has reached; all of them once it has trained out."""
    best = objectives.best(record.measurements)
    return 0 if best is None else rungs.rungs_reached(record.fidelity, best.fidelity)


def measured_at(
    rung: int, records: Iterable[TrialRecord], objectives: Objectives, rungs: RungLadder
) -> dict[int, Measurement]:
    """The best measurement up to `rung` of each trial that counts as having reached it, by the trial's number.

    Trials that have trained out are among them; those that ended in vain, or without finite values, are not.
    """
    num_rungs = rungs.fidelities.index(rung) + 1
    found: dict[int, Measurement] = {}
    for record in records:
        best = _best_at(rung, record, objectives)
        reached = rungs_climbed(record, objectives, rungs) >= num_rungs and not record.is_in_vain
        if reached and best is not None and objectives.merit(best.metrics).is_finite:
            found[record.number] = best
    return found


def _best_at(rung: int, record: TrialRecord, objectives: Objectives) -> Measurement | None:
    # Who measures seldom enters a rung late; who has trained out, early.
    entered = next((m.fidelity for m in record.measurements if m.fidelity >= rung), rung)
    return objectives.best(record.measurements, fidelity=entered)


_UNMEASURED = Merit((0.0,))
"""Stands for what no trial of a group has: all are equal."""


class _Group(NamedTuple):
    """Trials that are ranked among themselves; the higher group is ahead."""

    has_value: bool
    is_measured: bool
    keeps_constraints: bool


class _Standing(NamedTuple):
    record: TrialRecord
    group: _Group
    num_rungs: int
    measurement: Measurement | None
    merit: Merit | None

    @classmethod
    def of(cls, record: TrialRecord, objectives: Objectives, rungs: RungLadder) -> _Standing:
        measurement = objectives.best(record.measurements)
        merit = objectives.merit(measurement.metrics) if measurement else None
        group = _Group(
            has_value=not record.is_in_vain,
            is_measured=merit is not None,
            keeps_constraints=merit is not None and merit.violation == 0,
        )
        return cls(record, group, rungs_climbed(record, objectives, rungs), measurement, merit)


def _front(ranked: Sequence[_Standing]) -> set[int]:
    """Numbers of the first group's trials that none dominates, if that group keeps the constraints."""
    first = next((s.group for s in ranked if s.group.has_value and s.group.is_measured), None)
    if first is None or not first.keeps_constraints:
        return set()
    values = {s.record.number: s.merit.values for s in ranked if s.group == first and s.merit}
    undominated = set(fronts(list(values.values()))[0])
    return {number for number, own in values.items() if own in undominated}


def _row(rank: int, standing: _Standing, objectives: Objectives, *, on_front: bool) -> LeaderboardRow:
    record, metrics = standing.record, standing.measurement.metrics if standing.measurement else {}
    return LeaderboardRow(
        rank=rank,
        number=record.number,
        state=record.state,
        num_rungs=standing.num_rungs,
        epochs=record.fidelity,
        objective=metrics.get(objectives.metric, math.nan),
        reward=record.reward,
        origin=record.proposal.origin,
        seconds=record.seconds,
        architecture=record.spec.architecture,
        hyperparameters=record.spec.hyperparameters,
        seed=record.spec.seed,
        num_rivals=record.proposal.num_rivals,
        failure=record.outcome.detail if record.outcome and record.is_in_vain else "",
        others={name: metrics[name] for name in objectives.names[1:] if name in metrics},
        violation=standing.merit.violation if standing.merit else 0.0,
        on_front=on_front,
        order=standing.merit.order_of_trials if standing.merit else (-math.inf, ()),
    )

"""What is measured of a search over a table, from its ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from gnas_ray.core import Ending, Value
from gnas_ray.core.ranking import fronts
from gnas_ray.ledger import Began, Ended, Ledger, LedgerEvent, Measured, TrialRecord, number_of
from search_bench.runs import OBJECTIVE, Run, rungs_of, searched
from search_bench.tables import Table, load_table
from search_bench.volume import Volume


class Point(NamedTuple):
    """What was measured when the search had spent so much of its budget."""

    spent: float
    value: float


Course = Sequence[Point]
"""From the beginning of a search to its end."""
Measure = Callable[[Run, Table], Mapping[str, Course]]
"""Makes a search, and gives its courses by the name of what is measured."""


def measured(measure: Measure, run: Run) -> Mapping[str, Course]:
    """`measure` on the table that the run names."""
    return measure(run, load_table(run.table))


def regret(run: Run, table: Table) -> Mapping[str, Course]:
    """Regret of the member chosen so far, after each trial; with learning curves after each epoch.

    Chosen is the trial that measured the best validation value at any epoch and has not failed. It counts as good as
    it is when trained whole, however far it was. Until there is one, the worst of the table stands in for it. Where
    there are limits, only what keeps them is chosen, and is of the table.
    """
    ledger = searched(run, table).ledger
    kept = table.keeping(run.constraints(table)) if run.limits else table
    choice, course = _Choice(ledger, among=kept if run.limits else None), []
    for spent, event in spending(run, table, ledger):
        choice.apply(event)
        if isinstance(event, Ended) or (table.curves is not None and isinstance(event, Measured)):
            value = None if choice.chosen is None else kept.value(choice.chosen.spec.member)
            course.append(Point(spent, kept.regret(kept.worst if value is None else value)))
    return {"regret": course}


def hypervolume(run: Run, table: Table) -> Mapping[str, Course]:
    """The share of the table's hypervolume that the front chosen so far has, after each trial that ended.

    Of `Volume`, over the value and the run's costs. Chosen are the trials that no other dominates by the best value
    that each measured at any epoch, and have not failed. They count as good as they are when trained whole.
    """
    volume, course = Volume(table, run.minimise), []
    ledger = searched(run, table).ledger
    measured: dict[int, tuple[float, ...]] = {}  # by trial the best value, and minus its costs
    for spent, event in spending(run, table, ledger):
        if isinstance(event, Measured):
            metrics = event.measurement.metrics
            point = (metrics[OBJECTIVE], *(-metrics[name] for name in run.minimise))
            measured[event.number] = max(point, measured.get(event.number, point))
        elif isinstance(event, Ended):
            if event.outcome.ending is Ending.FAILED:
                measured.pop(event.number, None)
            chosen = set(fronts([*measured.values()])[0]) if measured else set()
            members = [ledger.trial(number).spec.member for number, point in measured.items() if point in chosen]
            course.append(Point(spent, volume.share([_whole(table, member, run.minimise) for member in members])))
    return {"hypervolume": course}


def _whole(table: Table, member: Mapping[str, Value], names: Sequence[str]) -> tuple[float, ...]:
    value, costs = table.value(member), table.costs(member)
    assert value is not None, "it did not fail"
    return (value, *(costs[name] for name in names))


def late(run: Run, table: Table) -> Mapping[str, Course]:
    """Of the later half of the members begun so far: the mean value at the first rung (of the run, had it early
    stopping), and that when trained whole.

    Whether a search prefers what merely starts fast: then the one is high for what the other is. Members that fail are
    left out.

    Raises:
        ValueError: The table has no learning curves.
    """
    if table.curves is None:
        raise ValueError(f"{run.table} has no learning curves, so nothing starts faster than it ends")
    ledger, first_rung = searched(run, table).ledger, rungs_of(run, table.curves).grace_period
    spent, starts, wholes = [0.0], [], []
    for begun, event in spending(run, table, ledger):
        if isinstance(event, Began) and (whole := table.value(event.spec.member)) is not None:
            spent.append(begun)
            starts.append(table.training(event.spec.member).value_at(first_rung))
            wholes.append(whole)
    return {
        name: [Point(*point) for point in zip(spent[1:], _means_of_later_halves(values), strict=True)]
        for name, values in (("start", starts), ("whole", wholes))
    }


def spending(run: Run, table: Table, ledger: Ledger) -> Sequence[tuple[float, LedgerEvent]]:
    """Everything that happened, with what the search had spent by then: trials that ended, or, with learning curves,
    full-trial equivalents. Workers are never idle, so each spends what the clock says.
    """
    if table.curves is None:
        events = ledger.events()
        num_ended = accumulate(_is_of_budget(event) for event in events)
        return list(zip(map(float, num_ended), events, strict=True))
    scale = run.num_workers / table.curves.mean_seconds
    timed = [event for event in ledger.events() if isinstance(event, Began | Measured | Ended)]
    return [(scale * _seconds(ledger.trial(number_of(event)), event), event) for event in timed]


def _is_of_budget(event: LedgerEvent) -> bool:
    """Whether a trial ended that was not refused."""
    return isinstance(event, Ended) and event.outcome.ending is not Ending.INFEASIBLE


class _Choice:
    """The best trial by what was measured, event by event.

    Attributes:
        chosen: Of those that have not failed; None where there is none.
    """

    def __init__(self, ledger: Ledger, *, among: Table | None) -> None:
        self._ledger = ledger
        self._among = among
        self._best: dict[int, float] = {}
        self.chosen: TrialRecord | None = None

    def apply(self, event: LedgerEvent) -> None:
        match event:
            case Measured(number, measurement) if self._is_allowed(number):
                value = measurement.metrics[OBJECTIVE]
                self._best[number] = max(self._best.get(number, value), value)
                if self.chosen is None or self._best[number] > self._best[self.chosen.number]:
                    self.chosen = self._ledger.trial(number)
            case Ended(number, outcome) if outcome.ending is Ending.FAILED and number in self._best:
                del self._best[number]
                best = max(self._best, key=self._best.__getitem__, default=None)
                self.chosen = None if best is None else self._ledger.trial(best)

    def _is_allowed(self, number: int) -> bool:
        return self._among is None or self._among.value(self._ledger.trial(number).spec.member) is not None


def _means_of_later_halves(values: Sequence[float]) -> list[float]:
    """Of the first one, the first two, ... and all: the mean of those after the middle."""
    sums = [0.0, *accumulate(values)]
    return [(sums[n] - sums[n // 2]) / (n - n // 2) for n in range(1, len(sums))]


def _seconds(record: TrialRecord, event: Began | Measured | Ended) -> float:
    """When it happened."""
    match event:
        case Began():
            return record.started
        case Measured(_, measurement):
            return record.measured_at[record.measurements.index(measurement)]
        case Ended():
            assert record.ended is not None
            return record.ended

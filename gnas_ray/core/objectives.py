"""What a search makes large or small, and what it must keep to."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gnas_ray.core.trial import Measurement

COSTS = ("epoch_seconds", "latency_ms", "num_parameters", "peak_memory_bytes")
"""What every training measures beside its ranking metrics, lower is better; how long it trained changes none."""
MEASURED = (*COSTS, "samples_per_second", "loss")
"""All that it measures beside them."""

_CONSTRAINT = re.compile(r"\s*(\S+?)\s*(<=|>=)\s*(\S+)\s*")


class Merit(NamedTuple):
    """How good one measurement is.

    Margins are by what share of its bound a constraint is kept (by how much where the bound is 0), negative where it
    is broken. What training may still change and what it can't are told apart: a cost is the trial's, and no reason to
    prefer one of its measurements.

    Attributes:
        values: One for each objective, higher is better.
        cost_margins: One for each constraint on a cost.
        margins: One for each other constraint.
    """

    values: tuple[float, ...]
    cost_margins: tuple[float, ...] = ()
    margins: tuple[float, ...] = ()

    @property
    def shortfall(self) -> float:
        """Total violation of the constraints that are not on costs."""
        return _total_violation(self.margins)

    @property
    def violation(self) -> float:
        """Total violation of all constraints; 0 where all are kept. Compared before the values."""
        return _total_violation(self.cost_margins) + self.shortfall

    @property
    def order(self) -> tuple[float, float]:
        """Sorts measurements of one trial; higher is better."""
        return -self.shortfall, self.values[0]

    @property
    def half_way(self) -> Merit:
        """The same of a trial that has not trained out: what it lacks is no verdict yet, but one objective more."""
        return Merit((*self.values, -self.shortfall), self.cost_margins) if self.margins else self

    @property
    def order_of_trials(self) -> tuple[float, tuple[float, ...]]:
        """Sorts trials by their best measurement: of equals in the first objective the second decides, and so on."""
        return -self.violation, self.values

    @property
    def is_finite(self) -> bool:
        """Whether it can be compared at all."""
        return all(map(math.isfinite, (*self.values, *self.cost_margins, *self.margins)))


def _total_violation(margins: Iterable[float]) -> float:
    return -math.fsum(margin for margin in margins if margin < 0) or 0.0


@dataclass(frozen=True)
class Constraint:
    """A bound on a metric, written ``latency_ms <= 5`` or ``coverage@20 >= 0.3``."""

    metric: str
    bound: float
    is_upper: bool

    @classmethod
    def parse(cls, text: str) -> Constraint:
        """The inverse of `str`.

        Raises:
            ValueError: It is not written so.
        """
        written = _CONSTRAINT.fullmatch(text)
        try:
            bound = float(written[3]) if written else math.nan
        except ValueError:
            bound = math.nan
        if written is None or not math.isfinite(bound):
            raise ValueError(f"{text!r} is no constraint; wanted a metric, <= or >=, and a number: latency_ms <= 5")
        return cls(written[1], bound, written[2] == "<=")

    def __str__(self) -> str:
        short = f"{self.bound:.12g}"
        bound = short if float(short) == self.bound else repr(self.bound)
        return f"{self.metric} {'<=' if self.is_upper else '>='} {bound}"

    @property
    def is_of_cost(self) -> bool:
        """Whether how long a trial trains makes no difference to it."""
        return self.metric in COSTS

    def margin(self, value: float) -> float:
        """By what share of the bound `value` keeps it (by how much where the bound is 0); negative: breaks it."""
        return (self.bound - value if self.is_upper else value - self.bound) / (abs(self.bound) or 1.0)

    def violation(self, value: float) -> float:
        """By what share of the bound `value` breaks it (by how much where the bound is 0); 0 where it keeps it."""
        margin = self.margin(value)
        return margin if math.isnan(margin) else max(-margin, 0.0)


@dataclass(frozen=True)
class Objectives:
    """What is to be made large or small, and within which limits.

    A trial is as good as its best measurement: the one that breaks the constraints least, those on costs aside, and of
    equals the one with the highest first metric. Its other values come from that measurement too, so that it can be had
    as it is.

    Attributes:
        metric: The first objective, to be made large.
        maximise: Further metrics to be made large.
        minimise: Metrics to be made small.
        constraints: What a measurement must keep to be worth more than any that does not.
    """

    metric: str
    maximise: tuple[str, ...] = ()
    minimise: tuple[str, ...] = ()
    constraints: tuple[Constraint, ...] = ()

    @property
    def compared(self) -> tuple[str, ...]:
        """The metrics of `Merit.values`, in order."""
        return self.metric, *self.maximise, *self.minimise

    @property
    def names(self) -> tuple[str, ...]:
        """Every metric that a measurement must have."""
        return tuple(dict.fromkeys((*self.compared, *(constraint.metric for constraint in self.constraints))))

    @property
    def is_several(self) -> bool:
        """Whether the best trials are a front."""
        return len(self.compared) > 1

    @property
    def is_plain(self) -> bool:
        """Whether a trial is as good as its highest value of one metric."""
        return not (self.is_several or self.constraints)

    def merit(self, metrics: Mapping[str, float]) -> Merit:
        """Of a measurement that has all `names`."""
        large = (float(metrics[name]) for name in (self.metric, *self.maximise))
        small = (-float(metrics[name]) for name in self.minimise)
        of_cost, other = (
            tuple(c.margin(metrics[c.metric]) for c in self.constraints if c.is_of_cost is is_of_cost)
            for is_of_cost in (True, False)
        )
        return Merit((*large, *small), of_cost, other)

    def best(self, measurements: Iterable[Measurement], *, fidelity: int | None = None) -> Measurement | None:
        """The best one up to and including `fidelity` (of all when None), the first of equals.

        None where none has all `names` as numbers.
        """
        names = self.names
        known = (m for m in measurements if fidelity is None or m.fidelity <= fidelity)
        usable = [m for m in known if not any(math.isnan(m.metrics.get(name, math.nan)) for name in names)]
        return max(usable, key=lambda measurement: self.merit(measurement.metrics).order, default=None)

    def keeps_constraints(self, metrics: Mapping[str, float]) -> bool:
        """Whether a measurement that has all `names` breaks none."""
        return self.merit(metrics).violation == 0.0

    def to_list(self) -> list[str]:
        """In words, one for each; the inverse of `from_list`, and equal exactly for equals."""
        large = [f"maximise {name}" for name in (self.metric, *self.maximise)]
        return [*large, *(f"minimise {name}" for name in self.minimise), *map(str, self.constraints)]

    @classmethod
    def from_list(cls, words: Iterable[str]) -> Objectives:
        """The inverse of `to_list`."""
        written = list(words)
        metric, *maximise = (w.removeprefix("maximise ") for w in written if w.startswith("maximise "))
        minimise = tuple(w.removeprefix("minimise ") for w in written if w.startswith("minimise "))
        others = [w for w in written if not w.startswith(("maximise ", "minimise "))]
        return cls(metric, tuple(maximise), minimise, tuple(map(Constraint.parse, others)))

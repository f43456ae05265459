"""What is chosen: decisions make the architecture, hyperparameters how it is trained."""

from __future__ import annotations

import math
import random
from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from typing_extensions import override

from gnas_ray.core import Value, nearest
from gnas_ray.space.conditions import Conditions, position, quote, show


class Choice(ABC):
    """One named thing to choose, active when its conditions hold."""

    name: str
    when: Conditions

    @abstractmethod
    def refusal(self, value: Value) -> str:
        """Why `value` can't be chosen here, with the nearest that can; "" when it can."""

    @abstractmethod
    def as_written(self, value: Value) -> Value:
        """`value` as the space writes it: an option as it is listed (``1`` for ``1.0``), a number in its own type.

        Raises:
            ValueError: It can't be chosen.
        """

    @abstractmethod
    def sample(self, generator: random.Random) -> Value:
        """A value at random: by weight among options, uniform over steps or, with `log`, over the logarithm."""

    @abstractmethod
    def describe(self) -> str:
        """The values it can take, for people."""


@dataclass(frozen=True)
class OptionChoice(Choice):
    """A choice among options.

    Attributes:
        name: Unique in its space.
        options: At least one, no two equal.
        when: Conditions on earlier choices.
        weights: How likely each option is before anything was tried, up to a factor; all alike where empty. What is
            preferred is no part of what may be chosen: choices that differ in nothing else are equal.
    """

    name: str
    options: tuple[Value, ...]
    when: Conditions = field(default_factory=Conditions)
    weights: tuple[float, ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        _require_options(self.options)
        _require_weights(self.weights, self.options)

    def shares(self) -> dict[Value, float]:
        """How likely `sample` gives each option."""
        weights = self.weights or (1.0,) * len(self.options)
        return {option: weight / sum(weights) for option, weight in zip(self.options, weights, strict=True)}

    @override
    def refusal(self, value: Value) -> str:
        is_option = position(value, self.options) is not None
        return "" if is_option else f"{quote(value)}{nearest(show(value), map(show, self.options))}"

    @override
    def as_written(self, value: Value) -> Value:
        index = position(value, self.options)
        if index is None:
            raise ValueError(f"{self.name} is {self.refusal(value)}")
        return self.options[index]

    @override
    def sample(self, generator: random.Random) -> Value:
        return generator.choices(self.options, self.weights)[0] if self.weights else generator.choice(self.options)

    @override
    def describe(self) -> str:
        return ", ".join(map(show, self.options))


@dataclass(frozen=True)
class Decision(OptionChoice):
    """One choice that makes the architecture, named as in it; in a repeat by round, too: ``layer.0.operator``."""


@dataclass(frozen=True)
class Categorical(OptionChoice):
    """A hyperparameter with unordered options."""


@dataclass(frozen=True)
class Float(Choice):
    """A real hyperparameter in ``low..high``, both included; `log` where its order of magnitude counts."""

    name: str
    low: float
    high: float
    log: bool = False
    when: Conditions = field(default_factory=Conditions)

    def __post_init__(self) -> None:
        _require_range(self.low, self.high, log=self.log)

    @override
    def refusal(self, value: Value) -> str:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return f"{quote(value)}; wanted a number in {self.low:g}..{self.high:g}"
        inside = self.low <= value <= self.high
        return "" if inside else f"{value:g}; wanted {self.low:g}..{self.high:g}"

    @override
    def as_written(self, value: Value) -> Value:
        _require_accepted(self, value)
        return float(value)

    @override
    def sample(self, generator: random.Random) -> Value:
        if not self.log:
            return generator.uniform(self.low, self.high)
        drawn = math.exp(generator.uniform(math.log(self.low), math.log(self.high)))
        return min(max(drawn, self.low), self.high)  # exp(log(x)) may fall just outside

    @override
    def describe(self) -> str:
        return f"{self.low:g} to {self.high:g}{', log' if self.log else ''}"


@dataclass(frozen=True)
class Integer(Choice):
    """A whole-number hyperparameter: ``low, low + step, ... high``; `log` goes with a step of 1 only."""

    name: str
    low: int
    high: int
    step: int = 1
    log: bool = False
    when: Conditions = field(default_factory=Conditions)

    def __post_init__(self) -> None:
        _require_range(self.low, self.high, log=self.log)
        if self.step < 1 or (self.high - self.low) % self.step:
            raise ValueError(f"step {self.step} does not lead from {self.low} to {self.high}")
        if self.log and self.step != 1:
            raise ValueError(f"log goes with a step of 1, got {self.step}")

    @override
    def refusal(self, value: Value) -> str:
        if isinstance(value, bool) or not isinstance(value, int):
            return f"{quote(value)}; wanted a whole number in {self.describe()}"
        inside = self.low <= value <= self.high and (value - self.low) % self.step == 0
        return "" if inside else f"{value}; wanted {self.describe()}"

    @override
    def as_written(self, value: Value) -> Value:
        _require_accepted(self, value)
        return value

    @override
    def sample(self, generator: random.Random) -> Value:
        if not self.log:
            return generator.randrange(self.low, self.high + 1, self.step)
        # Half a unit on either side, so that the end values are as likely as their share of the scale.
        drawn = math.exp(generator.uniform(math.log(self.low - 0.5), math.log(self.high + 0.5)))
        return min(max(round(drawn), self.low), self.high)

    @override
    def describe(self) -> str:
        step = f", step {self.step}" if self.step != 1 else ""
        return f"{self.low} to {self.high}{step}{', log' if self.log else ''}"


Hyperparameter = Float | Integer | Categorical
"""What the searcher picks, given the architecture."""


def _require_options(options: tuple[Value, ...]) -> None:
    if not options:
        raise ValueError("has no options")
    twice = [option for index, option in enumerate(options) if option in options[:index]]
    if twice:
        raise ValueError(f"lists {quote(twice[0])} twice")


def _require_weights(weights: tuple[float, ...], options: tuple[Value, ...]) -> None:
    if weights and (len(weights) != len(options) or not all(0 < weight < math.inf for weight in weights)):
        raise ValueError(f"wanted a weight above 0 for each of {len(options)} options, got {weights}")


def _require_range(low: float, high: float, *, log: bool) -> None:
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(f"wanted finite low <= high, got {low:g} and {high:g}")
    if log and low <= 0:
        raise ValueError(f"log wants low above 0, got {low:g}")


def _require_accepted(choice: Choice, value: Value) -> None:
    if refusal := choice.refusal(value):
        raise ValueError(f"{choice.name} is {refusal}")

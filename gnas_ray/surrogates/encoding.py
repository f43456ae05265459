"""Members of a search space as rows of numbers, and how far two of them are apart in each choice."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gnas_ray.core import Value
from gnas_ray.space import Decision, Float, Hyperparameter, Integer

Array = NDArray[np.float64]

_INACTIVE = -1.0
_NUMERIC_SCALE = 4.0
"""Squared distances of numbers are multiplied by this: halfway across the range is as far as another option."""


class Encoding:
    """Rows with one number for each choice: an option's index, or a number's place in its range, 0..1.

    Options are equally far from each other, numeric ones too: what four layers do need not be more like three than like
    one. Numeric hyperparameters are as far from each other as the square of their distance, on the logarithm where the
    space says so. What is inactive is as far from everything active as one option from another; a number lies, besides,
    in the middle of its range then, without which there would be members that no kernel allows to be so far apart.

    Decisions with the same options (one for each layer, say) are compared once more, as a bag: for each option, by how
    many more of them chose it, in whatever order. That a member has two attention layers often says more than where.

    Args:
        choices: Decisions, or decisions and hyperparameters.

    Attributes:
        num_choices: Numbers in a row.
        num_features: In how many ways members are compared: each choice, and then each option of each bag.
    """

    def __init__(self, choices: Sequence[Decision | Hyperparameter]) -> None:
        self._choices = tuple(choices)
        self._index = [
            {} if isinstance(c, Float | Integer) else {option: float(i) for i, option in enumerate(c.options)}
            for c in self._choices
        ]
        self._bags = _alike(self._choices)
        self.num_choices = len(self._choices)
        self._numbers = [i for i, options in enumerate(self._index) if not options]
        sizes = [len(bag) for bag in self._bags for _ in self._index[bag[0]]]
        self.num_features = self.num_choices + len(sizes)
        # How many questions each feature is in `_answers`, and what one of them counts.
        self._num_answers = np.array([*(len(options) + 1 for options in self._index), *sizes], dtype=int)
        scales = [*(0.5 if options else 1.0 for options in self._index), *(1 / size for size in sizes)]
        self._answer_scale = np.repeat(scales, self._num_answers)

    def encode(self, members: Sequence[Mapping[str, Value]]) -> Array:
        """(n, choices); -1 where a choice is inactive."""
        columns = [self._codes(index, members) for index in range(self.num_choices)]
        return np.array(columns, dtype=float).reshape(self.num_choices, len(members)).T

    def distances(self, rows: Array, columns: Array) -> Iterator[Array]:
        """For each feature, how far apart each row and each column are: (rows, columns)."""
        for choice in range(len(self._choices)):
            yield self._distance(choice, rows[:, choice, None], columns[:, choice])
        for bag in self._bags:
            for option in range(len(self._index[bag[0]])):
                share = (rows[:, bag] == option).mean(axis=1), (columns[:, bag] == option).mean(axis=1)
                yield np.abs(share[0][:, None] - share[1])

    def embedding(self, codes: Array, weights: Array) -> Array:
        """(n, questions) points whose squared Euclidean distance is the sum of the `distances`, each times its weight.

        All but numbers' distances are those of yes-no questions, whose differences are their own squares; numbers' are
        squares already. What weighs nothing is left out.
        """
        weight = np.concatenate(
            [np.repeat(weights, self._num_answers) * self._answer_scale, _NUMERIC_SCALE * weights[self._numbers]]
        )
        weighs = weight > 0
        embedding: Array = self._answers(codes)[:, weighs] * np.sqrt(weight[weighs])
        return embedding

    def _answers(self, codes: Array) -> Array:
        """(n, questions), 0 or 1: which option it is, or none; whether a number is active; whether so many chose it.

        After them the numbers themselves.
        """
        answers = [np.zeros((len(codes), 0), dtype=bool)]  # there may be no choices
        for choice, options in enumerate(self._index):
            code = codes[:, choice]
            answers.append(code[:, None] == np.arange(-1, len(options)) if options else code[:, None] >= 0)
        for bag in self._bags:
            for option in range(len(self._index[bag[0]])):
                answers.append((codes[:, bag] == option).sum(axis=1)[:, None] > np.arange(len(bag)))
        return np.concatenate([*answers, _number(codes[:, self._numbers])], axis=1).astype(float)

    def _distance(self, choice: int, one: Array, other: Array) -> Array:
        if choice not in self._numbers:
            differs: Array = (one != other).astype(float)
            return differs
        apart: Array = _NUMERIC_SCALE * (_number(one) - _number(other)) ** 2 + ((one < 0) != (other < 0))
        return apart

    def _codes(self, index: int, members: Sequence[Mapping[str, Value]]) -> list[float]:
        choice, positions = self._choices[index], self._index[index]
        name = choice.name
        if isinstance(choice, Float | Integer):
            within = place_in(choice)
            return [within(float(member[name])) if name in member else _INACTIVE for member in members]
        return [positions[member[name]] if name in member else _INACTIVE for member in members]


def squared_distances(one: Array, other: Array) -> Array:
    """(..., n, m) of points (..., n, d) and (..., m, d), by a product of matrices: |u - v|² = |u|² + |v|² - 2 u·v."""
    ours, theirs = (np.einsum("...ij,...ij->...i", points, points) for points in (one, other))
    distance: Array = one @ np.swapaxes(other, -1, -2)  # half the work where both are one
    distance *= -2.0  # in place, as all that follows: new memory takes as long as sums
    distance += ours[..., :, None]
    distance += theirs[..., None, :]
    return np.maximum(distance, 0.0, out=distance)


def _number(codes: Array) -> Array:
    """Places in the range, the middle for what is inactive."""
    return np.where(codes < 0, 0.5, codes)


def _alike(choices: Sequence[Decision | Hyperparameter]) -> list[list[int]]:
    """Indices of decisions that have the same options, where there are several such."""
    by_options: dict[tuple[Value, ...], list[int]] = {}
    for index, choice in enumerate(choices):
        if isinstance(choice, Decision):
            by_options.setdefault(choice.options, []).append(index)
    return [bag for options, bag in by_options.items() if len(bag) > 1 and len(options) > 1]


def place(number: Float | Integer, value: float) -> float:
    """Where in its range a value is, 0..1."""
    return place_in(number)(value)


def place_in(number: Float | Integer) -> Callable[[float], float]:
    """What `place` says of this number's values."""
    low, high = _scaled(number, number.low), _scaled(number, number.high)
    width = high - low
    if width == 0:
        return lambda value: 0.0
    if number.log:
        return lambda value: (math.log(value) - low) / width
    return lambda value: (value - low) / width


def has_alternatives(choice: Decision | Hyperparameter) -> bool:
    """Whether `perturb` has another value to give."""
    return choice.low < choice.high if isinstance(choice, Float | Integer) else len(choice.options) > 1


def perturb(choice: Decision | Hyperparameter, value: Value, generator: random.Random, *, step: float) -> Value:
    """Of numbers one near `value`, normal with standard deviation `step` of the range; of options another, if any.

    A whole number is another one too: the next where the nearest would be the same.
    """
    if not isinstance(choice, Float | Integer):
        return generator.choice([option for option in choice.options if option != value] or [value])
    # What leaves the range is reflected into it: a bound is no likelier than what is beside it.
    at = abs(place(choice, float(value)) + generator.gauss(0, step))
    at = max(1 - abs(1 - at), 0.0)
    low, high = (_scaled(choice, v) for v in (choice.low, choice.high))
    moved = low + at * (high - low)
    moved = math.exp(moved) if choice.log else moved
    moved = min(max(moved, choice.low), choice.high)
    if isinstance(choice, Float):
        return moved
    old, new = (round((number - choice.low) / choice.step) for number in (float(value), moved))
    if new == old and choice.low < choice.high:
        new += 1 if moved > float(value) else -1
        if not choice.low <= choice.low + choice.step * new <= choice.high:
            new = 2 * old - new
    return choice.low + choice.step * new


def _scaled(number: Float | Integer, value: float) -> float:
    return math.log(value) if number.log else float(value)

"""What a trial would have come to, had it not been stopped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gnas_ray.core import TrialSpec
from gnas_ray.space import SearchSpace
from gnas_ray.surrogates import Array
from gnas_ray.surrogates.encoding import Encoding
from gnas_ray.surrogates.gaussian_process import (
    MAX_FITTED,
    MAX_POINTS,
    GaussianProcess,
    Points,
    fit_kernel,
    growing_number,
)

_MIN_GAINS = 8
"""Trials that went from one rung to the next, before which all are taken to gain alike."""


class Projection:
    """Values at the last rung, of trials that were stopped at any.

    What a trial gains from a rung to the next is a function of its choices, a Gaussian process that learns it from the
    trials that went on (the residual process of Kennedy and O'Hagan 2000, doi:10.1093/biomet/87.1.1, section 2.3, with
    a factor of 1). So a member that starts slowly is thought of as what its like became, not as what it was when it was
    stopped, and trials of different lengths compare. Where choices say nothing, all gain the mean, and those that
    were stopped at a rung keep their order.

    Processes are made anew when a tenth more went on, and what they say of a trial is worked out once: a call costs
    O(trials) numbers otherwise.

    Args:
        space: What the trials are members of.
    """

    def __init__(self, space: SearchSpace) -> None:
        self._encoding = Encoding((*space.decisions, *space.hyperparameters))
        self._codes = _Kept(self._encoding.num_choices)
        self._gains: dict[int, _Gains] = {}

    def __call__(self, trials: Sequence[TrialSpec], climbs: Array) -> Array:
        """(n,) values; NaN for a trial that reached no rung.

        Args:
            trials: (n,) in the order in which they ended or first reached a rung.
            climbs: (n, rungs) the best value up to each rung, NaN where it was not reached.
        """
        numbers = np.array([trial.number for trial in trials], dtype=np.intp)
        new = self._codes.missing(numbers)
        self._codes.put(numbers[new], self._encoding.encode([trials[i].member for i in new.tolist()]))
        values = climbs[:, 0].copy()
        for rung in range(1, climbs.shape[1]):
            went_on = np.flatnonzero(np.isfinite(climbs[:, rung]))
            stayed = np.flatnonzero(np.isnan(climbs[:, rung]) & np.isfinite(values))
            if len(went_on):
                gains = climbs[went_on, rung] - climbs[went_on, rung - 1]
                values[stayed] += self._expected(rung, numbers[went_on], gains, numbers[stayed])
                values[went_on] = climbs[went_on, rung]
        return values

    def _expected(self, rung: int, went_on: NDArray[np.intp], gains: Array, stayed: NDArray[np.intp]) -> Array:
        """(stayed,) what each would have gained on its way to the rung, from what those gained that went on."""
        number = growing_number(_MIN_GAINS, len(gains)) if len(gains) >= _MIN_GAINS else len(gains)
        first, members = gains[:number], went_on[:number]
        if rung not in self._gains or not self._gains[rung].is_of(members, first):
            self._gains[rung] = _Gains(self._encoding, self._codes.get(members), members, first)
        return self._gains[rung].expected(stayed, self._codes)


class _Gains:
    """What trials gain from one rung to the next."""

    def __init__(self, encoding: Encoding, codes: Array, members: NDArray[np.intp], gains: Array) -> None:
        self._members, self._known = members, gains
        self._mean, self._deviation = float(gains.mean()), float(gains.std())
        self._process: GaussianProcess | None = None
        self._predicted = _Kept(1)
        if len(gains) >= _MIN_GAINS and self._deviation > 0:
            scores = (gains - self._mean) / self._deviation
            points = Points.without_hints(codes)
            fitted, used = (_spread(len(gains), most) for most in (MAX_FITTED, MAX_POINTS))
            kernel = fit_kernel(encoding, points[fitted], scores[fitted])
            self._process = GaussianProcess(kernel, encoding, points[used], scores[used])

    def is_of(self, members: NDArray[np.intp], gains: Array) -> bool:
        return np.array_equal(members, self._members) and np.array_equal(gains, self._known)

    def expected(self, numbers: NDArray[np.intp], codes: _Kept) -> Array:
        if self._process is None:
            return np.full(len(numbers), self._mean)
        new = numbers[self._predicted.missing(numbers)]
        if len(new):
            # Rounded, because sums of one trial and of many differ in their last digits, and a replay asks for many.
            scores = self._process.predict(Points.without_hints(codes.get(new)))[0].round(6)
            self._predicted.put(new, (self._mean + self._deviation * scores)[:, None])
        return self._predicted.get(numbers)[:, 0]


class _Kept:
    """Rows of numbers by trial."""

    def __init__(self, width: int) -> None:
        self._rows, self._is_known = np.zeros((0, width)), np.zeros(0, dtype=bool)

    def missing(self, numbers: NDArray[np.intp]) -> NDArray[np.intp]:
        """Positions of those without a row."""
        self._reach(numbers)
        return np.flatnonzero(~self._is_known[numbers])

    def put(self, numbers: NDArray[np.intp], rows: Array) -> None:
        self._rows[numbers], self._is_known[numbers] = rows, True

    def get(self, numbers: NDArray[np.intp]) -> Array:
        return self._rows[numbers]

    def _reach(self, numbers: NDArray[np.intp]) -> None:
        more = int(numbers.max(initial=-1)) + 1 - len(self._rows)
        if more > 0:
            more += len(self._rows)  # twice as many, so that growing costs little on the whole
            self._rows = np.concatenate([self._rows, np.zeros((more, self._rows.shape[1]))])
            self._is_known = np.concatenate([self._is_known, np.zeros(more, dtype=bool)])


def _spread(number: int, most: int) -> NDArray[np.intp]:
    """At most so many of 0..number - 1, evenly."""
    return np.linspace(0, number - 1, min(number, most)).astype(np.intp)

"""What a trial would have come to, had it not been stopped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gnas_ray.space import SearchSpace
from gnas_ray.surrogates import Array, Member
from gnas_ray.surrogates.encoding import Encoding
from gnas_ray.surrogates.gaussian_process import (
    MAX_FITTED,
    MAX_POINTS,
    GaussianProcess,
    KernelParameters,
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

    Args:
        space: What the trials are members of.
    """

    def __init__(self, space: SearchSpace) -> None:
        self._encoding = Encoding((*space.decisions, *space.hyperparameters))
        self._kernels: dict[int, tuple[Array, KernelParameters]] = {}

    def __call__(self, members: Sequence[Member], climbs: Array) -> Array:
        """(n,) values; NaN for a trial that reached no rung.

        Args:
            members: (n,) in the order in which they ended.
            climbs: (n, rungs) the best value up to each rung, NaN where it was not reached.
        """
        codes = self._encoding.encode(members)
        values = climbs[:, 0].copy()
        for rung in range(1, climbs.shape[1]):
            went_on = np.isfinite(climbs[:, rung])
            gains = climbs[went_on, rung] - climbs[went_on, rung - 1]
            stayed = ~went_on
            values[stayed] += self._gains(rung, codes[went_on], gains, codes[stayed])
            values[went_on] = climbs[went_on, rung]
        return values

    def _gains(self, rung: int, known: Array, gains: Array, asked: Array) -> Array | float:
        """(asked,) what each would have gained on its way to the rung."""
        if not len(gains) or not len(asked):
            return 0.0
        mean, deviation = float(gains.mean()), float(gains.std())
        if len(gains) < _MIN_GAINS or deviation == 0:
            return mean
        kernel, used = self._kernel(rung, known, gains), _spread(len(gains), MAX_POINTS)
        points, scores = Points.without_hints(known[used]), (gains[used] - mean) / deviation
        process = GaussianProcess(kernel, self._encoding, points, scores)
        predicted: Array = mean + deviation * process.predict(Points.without_hints(asked))[0]
        return predicted

    def _kernel(self, rung: int, known: Array, gains: Array) -> KernelParameters:
        """Fitted to the first so many, anew when a tenth more are known."""
        number = growing_number(_MIN_GAINS, len(gains))
        first = gains[:number]
        if rung not in self._kernels or not np.array_equal(self._kernels[rung][0], first):
            chosen = _spread(number, MAX_FITTED)
            scores = (first[chosen] - first.mean()) / (first.std() or 1.0)
            self._kernels[rung] = first, fit_kernel(self._encoding, Points.without_hints(known[chosen]), scores)
        return self._kernels[rung][1]


def _spread(number: int, most: int) -> NDArray[np.intp]:
    """At most so many of 0..number - 1, evenly."""
    return np.linspace(0, number - 1, min(number, most)).astype(np.intp)

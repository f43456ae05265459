"""A Gaussian process over members of a search space."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.special import ndtri

from gnas_ray.surrogates.encoding import Array, Encoding

MAX_POINTS = 400
"""Ended trials that a process is made of, so that its cost is bounded however long the search."""
MAX_FITTED = 200
"""Ended trials that its parameters are fitted to."""


def _jitter(variance: float) -> float:
    """What the diagonal needs, whatever the noise, so that rounding leaves the covariance positive definite."""
    return 1e-6 + 1e-5 * variance


@dataclass(frozen=True)
class KernelParameters:
    """Of ``variance * exp(-sum_f weights[f] * distance[f])``, plus `noise` on the diagonal."""

    weights: Array
    variance: float
    noise: float


class GaussianProcess:
    """Posterior of standardised targets under a kernel with a weight for each feature of the encoding.

    Trials that still run are taken to end as predicted: what is known stays, and doubt goes where they are (kriging
    believer, Ginsbourger et al. 2010). Rasmussen and Williams 2006, algorithm 2.1. Making it costs O(n³), a prediction
    O(n²) a point.

    Args:
        parameters: Of the kernel.
        encoding: What made the codes.
        codes: (n, choices) of the members whose targets are known.
        targets: (n,).
        running: (m, choices) of those that run.
    """

    def __init__(
        self,
        parameters: KernelParameters,
        encoding: Encoding,
        codes: Array,
        targets: Array,
        *,
        running: Array | None = None,
    ) -> None:
        self.parameters = parameters
        self._encoding = encoding
        self._codes = codes if running is None else np.concatenate([codes, running])
        self._num_known = len(codes)
        covariance = self._kernel(self._codes)
        covariance[np.diag_indices(len(covariance))] += parameters.noise + _jitter(parameters.variance)
        self._factor: Array = cholesky(covariance, lower=True)
        # The factor's upper left block is that of the known ones alone; the mean is theirs.
        self._weights = cho_solve((self._factor[: len(codes), : len(codes)], True), targets)

    def predict(self, codes: Array) -> tuple[Array, Array]:
        """(n,) means and standard deviations, noise left out."""
        cross = self._kernel(codes)
        explained = solve_triangular(self._factor, cross, lower=True)
        variance = self.parameters.variance - np.einsum("ij,ij->j", explained, explained)
        return cross[: self._num_known].T @ self._weights, np.sqrt(np.maximum(variance, 1e-12))

    def _kernel(self, codes: Array) -> Array:
        """(points, n)."""
        distance = self._encoding.weighted_distance(self._codes, codes, self.parameters.weights)
        kernel: Array = self.parameters.variance * np.exp(-distance)
        return kernel


def plain_kernel(encoding: Encoding) -> KernelParameters:
    """To which every choice matters alike: members that differ in all correlate by ``exp(-2.5)``; bags do not count."""
    weights = np.zeros(encoding.num_features)
    weights[: encoding.num_choices] = 2.5 / max(encoding.num_choices, 1)
    return KernelParameters(weights, variance=1.0, noise=0.05)


def fit_kernel(encoding: Encoding, codes: Array, targets: Array, *, max_iterations: int = 40) -> KernelParameters:
    """The most probable parameters for these targets, in O(iterations n³).

    They maximise the marginal likelihood times log-normal priors (Rasmussen and Williams 2006, equations 2.30 and
    5.9): weights around ``2 / features``, so that two random members correlate little, variance around 1, noise around
    0.1; the first and the last within a factor of e either way.
    """
    num_features = encoding.num_features
    distances = np.stack(list(encoding.distances(codes, codes)), axis=-1)  # (n, n, features)
    centre = np.concatenate([np.full(num_features, math.log(2 / max(num_features, 1))), [0.0, math.log(0.1)]])
    spread = np.concatenate([np.full(num_features, 1.0), [0.5, 1.0]])
    diagonal = np.diag_indices(len(codes))

    def loss(theta: Array) -> tuple[float, Array]:
        weights, variance, noise = np.exp(theta[:-2]), math.exp(theta[-2]), math.exp(theta[-1])
        kernel = variance * np.exp(-(distances @ weights))
        covariance = kernel.copy()
        covariance[diagonal] += noise + _jitter(variance)
        factor = cho_factor(covariance, lower=True)
        solved = cho_solve(factor, targets)
        inverse = cho_solve(factor, np.eye(len(codes)))
        slope = 0.5 * (inverse - np.outer(solved, solved))  # d loss / d covariance
        by_kernel = slope * kernel
        gradient = np.concatenate(
            [
                -weights * np.einsum("ij,ijd->d", by_kernel, distances),
                [by_kernel.sum(), noise * np.trace(slope)],
            ]
        )
        value = 0.5 * targets @ solved + np.log(np.diag(factor[0])).sum()
        offset = (theta - centre) / spread
        return value + 0.5 * offset @ offset, gradient + offset / spread

    found = minimize(loss, centre, jac=True, method="L-BFGS-B", options={"maxiter": max_iterations})
    theta = np.clip(found.x, -12.0, 6.0)
    return KernelParameters(np.exp(theta[:-2]), math.exp(theta[-2]), math.exp(theta[-1]))


def normal_scores(rewards: Array) -> Array:
    """The standard normal quantiles of the ranks, Blom's (1958); equal rewards share their mean rank."""
    ordered = np.sort(rewards)
    rank = (np.searchsorted(ordered, rewards, "left") + np.searchsorted(ordered, rewards, "right") + 1) / 2
    scores: Array = ndtri((rank - 0.375) / (len(rewards) + 0.25))
    return scores


def representatives(rewards: Array, most: int) -> NDArray[np.intp]:
    """Indices of at most so many: the better half of them by reward, the rest evenly over what is left."""
    if len(rewards) <= most:
        return np.arange(len(rewards))
    order = np.argsort(-rewards, kind="stable")
    best, others = order[: most // 2], order[most // 2 :]
    spread = np.linspace(0, len(others) - 1, most - len(best)).astype(np.intp)
    return np.sort(np.concatenate([best, others[spread]]))


def growing_number(first: int, available: int) -> int:
    """The largest of first, first + 10%, ... that is available: when parameters are fitted anew."""
    number = first
    while (larger := max(number + 1, number * 11 // 10)) <= available:
        number = larger
    return number

"""A Gaussian process over members of a search space."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, wraps
from typing import NamedTuple, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.special import ndtri
from threadpoolctl import ThreadpoolController

from gnas_ray.core import Value
from gnas_ray.space import SearchSpace
from gnas_ray.surrogates.encoding import Array, Encoding, squared_distances

MAX_POINTS = 400
"""Trials that a process is made of, so that its cost is bounded however long the search."""
MAX_FITTED = 200
"""Trials that its parameters are fitted to."""
MAX_MEMBERS = 1500
"""Of all networks of a process together that its kernel sums over: what that costs grows with their square."""
MAX_ISOMORPHS = 32
"""Members of one network that it sums over, however few networks there are."""
TRUST = 0.5
"""What a hint is worth before anything is known: the mean of its coefficient, shared among the hints there are."""
DOUBT = 0.5
"""The standard deviation of that coefficient: so the same source may turn out worthless or misleading."""

P = ParamSpec("P")
R = TypeVar("R")


@cache
def _threads() -> ThreadpoolController:
    return ThreadpoolController()


def _on_one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Linear algebra of this size, beside trials that keep all cores busy: several threads mostly wait for another."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with _threads().limit(limits=1):
            return function(*args, **kwargs)

    return limited


def _jitter(variance: float) -> float:
    """What the diagonal needs, whatever the noise, so that rounding leaves the covariance positive definite."""
    return 1e-6 + 1e-5 * variance


@dataclass(frozen=True)
class KernelParameters:
    """Of ``variance * exp(-sum_f weights[f] * distance[f])``, plus `noise` on the diagonal."""

    weights: Array
    variance: float
    noise: float


@dataclass(frozen=True)
class Points:
    """Members as a process sees them.

    Attributes:
        codes: (n, choices).
        hints: (n, h) what each of h sources says of them beforehand, in standard scores; h may be 0.
        isomorphs: Of each the (members, choices) codes of those that are the same network, in lexicographic order, the
            first `MAX_ISOMORPHS` of them: so they do not depend on which of them it is. Empty where the space has no
            isomorphism.
    """

    codes: Array
    hints: Array
    isomorphs: Sequence[Array] = ()

    @classmethod
    def without_hints(cls, codes: Array) -> Points:
        """Of whom nothing is said."""
        return cls(codes, np.zeros((len(codes), 0)))

    @classmethod
    def of(cls, space: SearchSpace, encoding: Encoding, members: Sequence[Mapping[str, Value]]) -> Points:
        """Members of `space`, of whom nothing is said."""
        if space.isomorphism is None or not members:
            return cls.without_hints(encoding.encode(members))
        same = [space.isomorphs(member) for member in members]
        codes = encoding.encode([member for group in same for member in group])
        sizes = [len(group) for group in same]
        starts = np.cumsum([0, *sizes[:-1]])
        by_network = np.lexsort([*codes.T[::-1], np.repeat(np.arange(len(same)), sizes)])
        lowest = [group[:MAX_ISOMORPHS] for group in np.split(codes[by_network], starts[1:])]
        return cls(codes[starts], np.zeros((len(members), 0)), lowest)

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: NDArray[np.intp] | slice) -> Points:
        chosen = np.arange(len(self))[rows].tolist() if self.isomorphs else []
        return Points(self.codes[rows], self.hints[rows], [self.isomorphs[row] for row in chosen])

    @classmethod
    def joined(cls, parts: Sequence[Points]) -> Points:
        """One after the other; one part or more."""
        codes, hints = ([part.codes for part in parts], [part.hints for part in parts])
        isomorphs = [same for part in parts for same in part.isomorphs]
        return cls(np.concatenate(codes), np.concatenate(hints), isomorphs)

    def with_hints_times(self, factor: float) -> Points:
        """The same members, of whom the same is said with more or less emphasis."""
        return replace(self, hints=self.hints * factor)

    def with_isomorphs(self, most: int) -> Points:
        """The same with the first `most` of each network's members."""
        return replace(self, isomorphs=[same[:most] for same in self.isomorphs])

    @property
    def as_written(self) -> Points:
        """The same, as if no two members were the same network."""
        return replace(self, isomorphs=())

    @property
    def expected(self) -> Array:
        """(n,) the mean of their targets before any is known."""
        expected: Array = self.hints.sum(axis=1) * (TRUST / max(self.hints.shape[1], 1))
        return expected

    def covariance(self, others: Points) -> Array:
        """(n, others) of their targets, as far as it comes from not knowing how much the hints are worth."""
        covariance: Array = self.hints @ others.hints.T * (DOUBT**2 / max(self.hints.shape[1], 1))
        return covariance

    @property
    def hints_variance(self) -> Array:
        """(n,) the diagonal of their own."""
        variance: Array = (self.hints**2).sum(axis=1) * (DOUBT**2 / max(self.hints.shape[1], 1))
        return variance


class GaussianProcess:
    """Posterior of standardised targets under a kernel with a weight for each feature of the encoding.

    Trials that still run are taken to end as predicted: what is known stays, and doubt goes where they are (kriging
    believer, Ginsbourger et al. 2010). Rasmussen and Williams 2006, algorithm 2.1. Making it costs O(n³), a prediction
    O(n²) a point.

    Where there are hints, the mean is linear in them with normal coefficients (section 2.7, equation 2.39 with
    `TRUST` for b and ``DOUBT**2`` for B). Their posterior is what the targets say about them: a hint that agrees is
    followed, one that doesn't is ignored, one that misleads is turned round.

    Where different members are the same network, the kernel of two networks is the sum of that of all pairs of their
    members, scaled to be 1 of a network with itself (as in transformation integration, Haasdonk and Burkhardt 2007,
    doi:10.1007/s10994-007-5009-7). So what is predicted of a network does not depend on how it is written. Where all of
    them have more than `MAX_MEMBERS` together, the sum is over the first few of each, as many as there is room for.

    Args:
        parameters: Of the kernel.
        encoding: What made the codes.
        known: The members whose targets are known.
        targets: (n,).
        running: Those that run.
    """

    @_on_one_thread
    def __init__(
        self,
        parameters: KernelParameters,
        encoding: Encoding,
        known: Points,
        targets: Array,
        *,
        running: Points | None = None,
    ) -> None:
        self.parameters = parameters
        self._encoding = encoding
        points = known if running is None else Points.joined([known, running])
        self._most = _most_of_each([len(same) for same in points.isomorphs])
        self._points = points.with_isomorphs(self._most)
        self._num_known = len(known)
        self._embedded = _Embedded.of(encoding, parameters.weights, self._points)
        similarity = _similarity(self._embedded, self._embedded)
        self._scale = similarity.diagonal().copy()
        covariance = self._scaled(similarity, self._scale, self._points)
        covariance[np.diag_indices(len(covariance))] += parameters.noise + _jitter(parameters.variance)
        # Its transpose, which is the same, is in the order in which LAPACK works in place.
        self._factor: Array = cholesky(covariance.T, lower=True, overwrite_a=True, check_finite=False)
        # The factor's upper left block is that of the known ones alone; the mean is theirs.
        self._weights = cho_solve((self._factor[: len(known), : len(known)], True), targets - known.expected)

    @_on_one_thread
    def predict(self, points: Points) -> tuple[Array, Array]:
        """(n,) means and standard deviations, noise left out."""
        shown = points.with_isomorphs(self._most)
        embedded = _Embedded.of(self._encoding, self.parameters.weights, shown)
        cross = self._scaled(_similarity(self._embedded, embedded), embedded.self_similarity(), shown)
        explained = solve_triangular(self._factor, cross, lower=True, check_finite=False)
        by_hints = points.hints_variance
        variance = self.parameters.variance + by_hints - np.einsum("ij,ij->j", explained, explained)
        return points.expected + cross[: self._num_known].T @ self._weights, np.sqrt(np.maximum(variance, 1e-12))

    def _scaled(self, similarity: Array, own: Array, points: Points) -> Array:
        """(known and running, n) covariance of targets, from that of all pairs of members, in place."""
        if self._embedded.starts is not None:
            similarity /= np.sqrt(np.outer(self._scale, own))
        similarity *= self.parameters.variance
        similarity += self._points.covariance(points)
        return similarity


def _most_of_each(sizes: Sequence[int]) -> int:
    """The largest number, 1 or more, so many of each of which are at most `MAX_MEMBERS` together."""
    in_all = np.minimum.outer(sizes, range(1, MAX_ISOMORPHS + 1)).sum(axis=0)
    return max(1, int(np.sum(in_all <= MAX_MEMBERS)))


class _Embedded(NamedTuple):
    """All members of some networks as points of a kernel.

    Attributes:
        places: (members, questions) see `Encoding.embedding`.
        starts: (networks,) where the members of each begin; None where each has one.
    """

    places: Array
    starts: NDArray[np.intp] | None

    @classmethod
    def of(cls, encoding: Encoding, weights: Array, points: Points) -> _Embedded:
        """`points` as a kernel with these weights sees them."""
        if not points.isomorphs:
            return cls(encoding.embedding(points.codes, weights), None)
        starts = np.cumsum([0, *map(len, points.isomorphs[:-1])], dtype=np.intp)
        return cls(encoding.embedding(np.concatenate(points.isomorphs), weights), starts)

    def self_similarity(self) -> Array:
        """(networks,) the diagonal of their own `_similarity`, without the rest of it."""
        if self.starts is None:
            return np.ones(len(self.places))
        sizes = np.diff(self.starts, append=len(self.places))
        own = np.ones(len(sizes))
        for size in np.unique(sizes[sizes > 1]).tolist():
            networks = np.flatnonzero(sizes == size)
            members = self.places[self.starts[networks, None] + np.arange(size)]  # (networks, size, questions)
            own[networks] = _exp_of_minus(squared_distances(members, members)).sum(axis=(1, 2))
        return own


def _similarity(one: _Embedded, other: _Embedded) -> Array:
    """(one, other) ``exp(-weighted distance)``, summed over the pairs of members of two networks."""
    similarity = _exp_of_minus(squared_distances(one.places, other.places))
    if one.starts is not None:
        similarity = np.add.reduceat(similarity, one.starts, axis=0)
    if other.starts is not None:
        similarity = np.add.reduceat(similarity, other.starts, axis=1)
    return similarity


def _exp_of_minus(distance: Array) -> Array:
    """In place."""
    return np.exp(np.negative(distance, out=distance), out=distance)


def process_of(encoding: Encoding, codes: Array, values: Array) -> GaussianProcess:
    """The process of trials alone, without hints, in normal scores; of `MAX_POINTS` of them at most.

    Args:
        encoding: Of the codes.
        codes: (n, choices), two trials or more.
        values: (n,) whose order alone means something.
    """
    scores, trials = normal_scores(values), Points.without_hints(codes)
    fitted, used = representatives(values, MAX_FITTED), representatives(values, MAX_POINTS)
    kernel = fit_kernel(encoding, trials[fitted], scores[fitted])
    return GaussianProcess(kernel, encoding, trials[used], scores[used])


def plain_kernel(encoding: Encoding) -> KernelParameters:
    """To which every choice matters alike: members that differ in all correlate by ``exp(-2.5)``; bags do not count."""
    weights = np.zeros(encoding.num_features)
    weights[: encoding.num_choices] = 2.5 / max(encoding.num_choices, 1)
    return KernelParameters(weights, variance=1.0, noise=0.05)


@_on_one_thread
def fit_kernel(encoding: Encoding, points: Points, targets: Array, *, max_iterations: int = 40) -> KernelParameters:
    """The most probable parameters for what hints leave open of these targets, in O(iterations n³).

    They maximise the marginal likelihood times log-normal priors (Rasmussen and Williams 2006, equations 2.30 and
    5.9): weights around ``2 / features``, so that two random members correlate little, variance around 1, noise around
    0.1; the first and the last within a factor of e either way.
    """
    num_features = encoding.num_features
    distances = np.stack(list(encoding.distances(points.codes, points.codes)), axis=-1)  # (n, n, features)
    by_hints = points.covariance(points)
    residuals = targets - points.expected
    centre = np.concatenate([np.full(num_features, math.log(2 / max(num_features, 1))), [0.0, math.log(0.1)]])
    spread = np.concatenate([np.full(num_features, 1.0), [0.5, 1.0]])
    diagonal = np.diag_indices(len(points))

    def loss(theta: Array) -> tuple[float, Array]:
        weights, variance, noise = np.exp(theta[:-2]), math.exp(theta[-2]), math.exp(theta[-1])
        kernel = variance * np.exp(-(distances @ weights))
        covariance = kernel + by_hints
        covariance[diagonal] += noise + _jitter(variance)
        factor = cho_factor(covariance, lower=True)
        solved = cho_solve(factor, residuals)
        inverse = cho_solve(factor, np.eye(len(points)))
        slope = 0.5 * (inverse - np.outer(solved, solved))  # d loss / d covariance
        by_kernel = slope * kernel
        gradient = np.concatenate(
            [
                -weights * np.einsum("ij,ijd->d", by_kernel, distances),
                [by_kernel.sum(), noise * np.trace(slope)],
            ]
        )
        value = 0.5 * residuals @ solved + np.log(np.diag(factor[0])).sum()
        offset = (theta - centre) / spread
        return value + 0.5 * offset @ offset, gradient + offset / spread

    # A line search may step far beyond what can be computed.
    bounds = [(-12.0, 6.0)] * len(centre)
    found = minimize(loss, centre, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": max_iterations})
    theta = found.x
    return KernelParameters(np.exp(theta[:-2]), math.exp(theta[-2]), math.exp(theta[-1]))


def normal_scores(rewards: Array) -> Array:
    """The standard normal quantiles of the ranks (Blom 1958); equal rewards share their mean rank."""
    ordered = np.sort(rewards)
    rank = (np.searchsorted(ordered, rewards, "left") + np.searchsorted(ordered, rewards, "right") + 1) / 2
    return blom_score(rank, len(rewards))


def blom_score(rank: Array | float, number: int) -> Array:
    """The standard normal quantile of a rank, 1 the lowest, among so many."""
    score: Array = ndtri((rank - 0.375) / (number + 0.25))
    return score


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

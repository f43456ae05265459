"""The upper confidence bound of a Gaussian process over architectures and hyperparameters together."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import is_not

import numpy as np
from scipy.special import ndtr
from typing_extensions import override

from gnas_ray.space import SearchSpace
from gnas_ray.surrogates.base import EarlierTrials, Evidence, Member, Surrogate
from gnas_ray.surrogates.encoding import Array, Encoding
from gnas_ray.surrogates.gaussian_process import (
    MAX_FITTED,
    MAX_POINTS,
    GaussianProcess,
    KernelParameters,
    Points,
    blom_score,
    fit_kernel,
    growing_number,
    normal_scores,
    plain_kernel,
    representatives,
)
from gnas_ray.surrogates.hints import Hint, hints_of
from gnas_ray.surrogates.hypervolume import hypervolume_gain

_NOISE_OF_CHANCE = 1.0
"""Variance that a score has by chance, at least, where the machine may have had a part: a few failures would else be
taken for their members'."""
_HINTS_LAST = 20
"""Trials after which a hint is half as loud."""


class GP(Surrogate):
    """A Gaussian process over decisions and hyperparameters, so what one architecture taught is used for another.

    Values become normal scores of their ranks, so that the few best stand out whatever the scale. Trials that run are
    taken to end as predicted, which keeps parallel trials apart (GP-BUCB, Desautels et al. 2014). The process is made
    of at most `MAX_POINTS` trials, the better half of them the best, and its parameters are fitted to at most
    `MAX_FITTED`, anew when a tenth more have ended: so its cost is bounded however long the search.

    One proposal in two, the kernel is not the fitted one but a plain one, to which every choice matters. A fitted
    kernel finds the region where members are good on average; because it is sure that some choices do not matter, it
    does not look for the exception, which the best member is.

    The weights of the space's options and each earlier experiment are hints, whose worth the process learns from the
    trials that end here. They fade as those become more (as the prior does in piBO, Hvarfner et al. 2022,
    arXiv:2204.11051, there faster): agreement is mostly about members that are nowhere near the best, and
    among the best a hint that is right on the whole may be wrong.

    Where time is what the search spends, a member's bound is lowered by the logarithm of the seconds that a process of
    their own predicts for an epoch of it, the less the less time is left: early, many quick trials teach more than a
    few slow ones, and late there is nothing left to save time for (cost-cooling, Lee et al. 2020, arXiv:2003.10870).
    Of several objectives it is the first one's bound. Expected improvement a second (Snoek et al. 2012,
    arXiv:1206.2944, section 3.2) was not as good.

    Where members are the same network, what is predicted of one is predicted of the others. Doubted most are then the
    networks that can be written in the fewest ways: those without idle parts, among which the best often is, but not
    the cheapest. So where there are several objectives, members are doubted as if no two were the same.

    Each constraint has a process of its own, of the normal scores of what trials kept it by. What a member's bound
    would add to the best that keep all of them counts times the chance that it keeps them (Gardner et al. 2014,
    Bayesian Optimization with Inequality Constraints): what breaks a constraint still says what members are worth.
    Limits together and failures have one each, too: what was refused or failed says nothing of quality, and what a
    member would gain counts times the chance that it is neither.

    Args:
        space: What the candidates are members of.
        num_startup_trials: Trials that can be compared, before which it is not asked.
        num_candidates: Candidates it wants to compare.
        exploration: Standard deviations above the mean in the fitted kernel's confidence bound.
        plain_exploration: The same with the plain kernel.
        plain_share: How often the plain kernel decides, 0..1.
        time_weight: Standard scores that a member loses when its epochs take e times as long, while all of the time is
            left.
    """

    def __init__(  # noqa: PLR0913 - one parameter for each YAML key
        self,
        space: SearchSpace,
        *,
        num_startup_trials: int = 5,
        num_candidates: int = 200,
        exploration: float = 3.0,
        plain_exploration: float = 2.0,
        plain_share: float = 0.5,
        time_weight: float = 1.5,
    ) -> None:
        if num_startup_trials < 2 or num_candidates < 1 or min(exploration, plain_exploration, time_weight) < 0:
            raise ValueError(
                "wanted num_startup_trials from 2, num_candidates from 1, explorations and time_weight from 0, got "
                f"{num_startup_trials}, {num_candidates}, {exploration}, {plain_exploration} and {time_weight}"
            )
        if not 0 <= plain_share <= 1:
            raise ValueError(f"wanted plain_share in 0..1, got {plain_share}")
        super().__init__(space)
        self.num_candidates = num_candidates
        self._num_startup_trials = num_startup_trials
        self._exploration = exploration
        self._plain_exploration = plain_exploration
        self._plain_share = plain_share
        self._time_weight = time_weight
        self._encoding = Encoding((*space.decisions, *space.hyperparameters))
        self._hints: tuple[Sequence[EarlierTrials], list[Hint]] | None = None
        self._rows: dict[int, tuple[Member, Points]] = {}  # by id
        self._fitted: dict[str, tuple[Array, Sequence[Member], KernelParameters]] = {}

    @override
    def is_ready(self, num_ended: int) -> bool:
        return num_ended >= self._num_startup_trials and self._encoding.num_choices > 0

    @override
    def promise(self, candidates: Sequence[Member], evidence: Evidence, *, seed: int) -> Array:
        self._heed(evidence.earlier)
        is_plain = random.Random(seed).random() < self._plain_share
        exploration = self._plain_exploration if is_plain else self._exploration
        fading = _fading(len(evidence.ended))
        chosen = representatives(evidence.values, MAX_POINTS)
        ended = self._ended([evidence.ended[i] for i in chosen]).with_hints_times(fading)
        running, asked = (self._points(members).with_hints_times(fading) for members in (evidence.running, candidates))
        chance = np.ones(len(asked))
        for hindrance in evidence.hindrances:
            noise = _NOISE_OF_CHANCE if hindrance.is_by_chance else 0.0
            chance *= self._chance_of(hindrance.name, asked, -hindrance.amounts, hindrance.members, least_noise=noise)
        several = evidence.values[:, None] if evidence.by_objective is None else evidence.by_objective
        bounds, known = [], []
        for objective, values in enumerate(several.T):
            kernel = plain_kernel(self._encoding) if is_plain else self._kernel(objective, values, evidence.ended)
            scores = normal_scores(values)[chosen]
            process = GaussianProcess(kernel, self._encoding, ended, scores, running=running)
            mean, deviation = process.predict(asked)
            if several.shape[1] > 1 and asked.isomorphs:
                blind = GaussianProcess(kernel, self._encoding, ended.as_written, scores, running=running.as_written)
                deviation = blind.predict(asked.as_written)[1]
            bound: Array = mean + exploration * deviation
            if objective == 0:
                bound = bound - self._cost_of_time(asked, evidence)
            if evidence.by_objective is None:
                return chance * (bound - bound.min()) if evidence.hindrances else bound
            bounds.append(bound)
            known.append(np.concatenate([scores, process.predict(running)[0]]) if evidence.running else scores)
        front = np.column_stack(known)
        if evidence.margins is not None:
            chances = self._chance_of_keeping(Points.joined([asked, running]), evidence.margins, evidence.ended)
            chance, of_running = chance * chances[: len(asked)], chances[len(asked) :]
            keeps = np.concatenate([(evidence.margins[chosen] >= 0).all(axis=1), of_running > 0.5])
            front = front[keeps] if keeps.any() else front.min(axis=0, keepdims=True)
        promise: Array = chance * hypervolume_gain(np.column_stack(bounds), front, seed=seed)
        return promise

    def _chance_of_keeping(self, points: Points, margins: Array, ended: Sequence[Member]) -> Array:
        """(n,) the probability that each would be measured to keep all constraints, each judged for itself."""
        chance = np.ones(len(points))
        for constraint, column in enumerate(margins.T):
            chance *= self._chance_of(f"margin {constraint}", points, column, ended)
        return chance

    def _chance_of(
        self, name: str, points: Points, margins: Array, members: Sequence[Member], *, least_noise: float = 0.0
    ) -> Array:
        """(n,) the probability that each would have a margin from 0 up, as `members` have theirs."""
        process = self._process_of(name, normal_scores, margins, members, least_noise=least_noise)
        mean, deviation = process.predict(points.with_hints_times(0))
        bound = blom_score(np.sum(margins < 0) + 0.5, len(margins))  # halfway between what breaks it and what keeps it
        chance: Array = ndtr((mean - bound) / np.sqrt(deviation**2 + process.parameters.noise))
        return chance

    def _cost_of_time(self, asked: Points, evidence: Evidence) -> Array | float:
        """(n,) what each loses for the seconds that its epochs take, up to a constant; 0 where time is no matter."""
        if evidence.epoch_seconds is None or not evidence.time_left or not self._time_weight:
            return 0.0
        known = np.flatnonzero(np.isfinite(evidence.epoch_seconds))
        logarithms = np.log(np.maximum(evidence.epoch_seconds[known], 1e-9))
        if len(known) < 2 or np.ptp(logarithms) == 0:
            return 0.0
        process = self._process_of("seconds", _standardised, logarithms, [evidence.ended[i] for i in known.tolist()])
        predicted: Array = logarithms.std() * process.predict(asked.with_hints_times(0))[0]
        return self._time_weight * evidence.time_left * predicted

    def _process_of(
        self,
        name: str,
        scaled: Callable[[Array], Array],
        values: Array,
        members: Sequence[Member],
        *,
        least_noise: float = 0.0,
    ) -> GaussianProcess:
        """Of what is measured beside the objectives; nothing hints at it. Of many trials, half are the highest."""
        first = scaled(values[: growing_number(self._num_startup_trials, len(values))])
        kernel = self._fit(name, first, members, fading=0)
        kernel = replace(kernel, noise=max(kernel.noise, least_noise))
        chosen = representatives(values, MAX_POINTS)
        points = self._ended([members[i] for i in chosen]).with_hints_times(0)
        return GaussianProcess(kernel, self._encoding, points, scaled(values)[chosen])

    def _heed(self, earlier: Sequence[EarlierTrials]) -> None:
        if self._hints is None or self._hints[0] is not earlier:
            self._hints = earlier, hints_of(self.space, self._encoding, earlier)
            self._rows.clear()
            self._fitted.clear()

    def _points(self, members: Sequence[Member]) -> Points:
        points = Points.of(self.space, self._encoding, members)
        hints = self._hints[1] if self._hints else []
        return replace(points, hints=np.array([hint(points.codes) for hint in hints]).T) if hints else points

    def _ended(self, members: Sequence[Member]) -> Points:
        """Their points, each member's worked out once; by identity, which lasts because the members are kept too."""
        if new := [member for member in members if id(member) not in self._rows]:
            points = self._points(new)
            self._rows.update((id(member), (member, points[row : row + 1])) for row, member in enumerate(new))
        return Points.joined([self._rows[id(member)][1] for member in members])

    def _kernel(self, objective: int, values: Array, ended: Sequence[Member]) -> KernelParameters:
        number = growing_number(self._num_startup_trials, len(ended))
        return self._fit(f"objective {objective}", normal_scores(values[:number]), ended, fading=_fading(number))

    def _fit(self, name: str, first: Array, members: Sequence[Member], *, fading: float) -> KernelParameters:
        """Fitted to the first so many targets: the same whenever it is asked for."""
        known, fitted = members[: len(first)], self._fitted.get(name)
        # What others reached since can change the order of these, and one of them can have failed since.
        if fitted is None or not np.array_equal(fitted[0], first) or any(map(is_not, fitted[1], known)):
            chosen = representatives(first, MAX_FITTED)
            points = self._ended([known[i] for i in chosen]).with_hints_times(fading)
            fitted = self._fitted[name] = first, known, fit_kernel(self._encoding, points, first[chosen])
        return fitted[2]


def _standardised(numbers: Array) -> Array:
    scores: Array = (numbers - numbers.mean()) / (numbers.std() or 1.0)
    return scores


def _fading(num_ended: int) -> float:
    return _HINTS_LAST / (_HINTS_LAST + num_ended)

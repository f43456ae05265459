"""A Gaussian process over architectures, hyperparameters left aside."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from typing_extensions import override

from gnas_ray.controllers.base import Controller, Probabilities
from gnas_ray.controllers.episodes import Episode, Episodes
from gnas_ray.controllers.evolution import mutate
from gnas_ray.core import Proposal, Value
from gnas_ray.space import SearchSpace
from gnas_ray.surrogates.encoding import Encoding
from gnas_ray.surrogates.gaussian_process import (
    MAX_FITTED,
    MAX_POINTS,
    GaussianProcess,
    KernelParameters,
    Points,
    fit_kernel,
    growing_number,
    normal_scores,
    representatives,
)

_NUM_PARENTS = 10
"""Best architectures that are mutated."""


class GP(Controller):
    """Of some members at random and some mutations of the best, the one with the highest upper confidence bound.

    Srinivas et al. 2010, arXiv:0912.3995, algorithm 1; the kernel compares architectures decision by decision
    (`Encoding`), and rewards become normal scores of their ranks. The process is made once an update, of at most
    `MAX_POINTS` architectures, and the kernel fitted to at most `MAX_FITTED`, anew when a tenth more have a reward;
    both when they are first needed. A member competes as often as it is likely not to fail: what fails is never
    measured, and would be the most uncertain of all.

    Trials that run are not taken into account, only not proposed again; the surrogate of the same name does both that
    and hyperparameters.

    Args:
        space: What may be proposed.
        seed: Of its proposals.
        num_startup_trials: Architectures with a reward before which proposals are uniform.
        num_candidates: Members compared for a sample, half of them uniform, half mutations.
        exploration: Standard deviations above the mean in the bound.
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        num_startup_trials: int = 10,
        num_candidates: int = 40,
        exploration: float = 2.0,
    ) -> None:
        if num_startup_trials < 2 or num_candidates < 1 or exploration < 0:
            raise ValueError(
                "wanted num_startup_trials from 2, num_candidates from 1 and exploration from 0, "
                f"got {num_startup_trials}, {num_candidates} and {exploration}"
            )
        super().__init__(space, seed=seed)
        self._num_startup_trials = num_startup_trials
        self._num_candidates = num_candidates
        self._exploration = exploration
        self._encoding = Encoding(space.decisions)
        self._known = Episodes.of([])
        # What the kernel is fitted to, and how many of it, is set by updates alone, so that it does not depend on when
        # it is asked for.
        self._to_fit, self._num_to_fit = self._known, 0
        self._kernel: KernelParameters | None = None
        self._process: GaussianProcess | None = None

    @override
    def sample(self, generator: random.Random) -> Proposal:
        if len(self._known) < self._num_startup_trials:
            return Proposal(self.space.sample_architecture(generator), "uniform", policy_version=self.policy_version)
        candidates = self._candidates(generator)
        mean, deviation = self._posterior().predict(self._points(candidates))
        best = candidates[int(np.argmax(mean + self._exploration * deviation))]
        return Proposal(best, "surrogate", policy_version=self.policy_version)

    @override
    def learn(self, rollout: Sequence[Episode], known: Episodes) -> None:
        self._known = known.distinct()
        self._process = None
        number = growing_number(self._num_startup_trials, len(self._known))
        if number != self._num_to_fit and self._num_startup_trials <= len(self._known):
            self._to_fit, self._num_to_fit = self._known, number
            self._kernel = None

    @override
    def probabilities(self) -> Probabilities:
        """Empty: it has a value for each architecture, not a chance for each option."""
        return {}

    def _candidates(self, generator: random.Random) -> list[dict[str, Value]]:
        """New, probably feasible members where there are any among so many; else what was drawn."""
        num_mutations = self._num_candidates // 2
        parents = [episode.proposal.architecture for episode in self._known.best(_NUM_PARENTS)]
        drawn = [mutate(self.space, generator.choice(parents), generator) for _ in range(num_mutations)]
        drawn += [self.space.sample_architecture(generator) for _ in range(self._num_candidates - num_mutations)]
        new = [member for member in drawn if not self._novelty.is_tried(self.space.key(member))]
        return [member for member in new if generator.random() < self.feasibility(member)] or new or drawn

    def _posterior(self) -> GaussianProcess:
        if self._process is None:
            chosen = representatives(self._known.rewards, MAX_POINTS)
            scores = normal_scores(self._known.rewards)[chosen]
            points = self._points(_architectures(self._known, chosen))
            self._process = GaussianProcess(self._fitted_kernel(), self._encoding, points, scores)
        return self._process

    def _points(self, architectures: Sequence[Mapping[str, Value]]) -> Points:
        return Points.of(self.space, self._encoding, architectures)

    def _fitted_kernel(self) -> KernelParameters:
        if self._kernel is None:
            rewards = self._to_fit.rewards[: self._num_to_fit]
            chosen = representatives(rewards, MAX_FITTED)
            points = self._points(_architectures(self._to_fit, chosen))
            self._kernel = fit_kernel(self._encoding, points, normal_scores(rewards)[chosen])
        return self._kernel


def _architectures(episodes: Episodes, chosen: Iterable[int]) -> list[Mapping[str, Value]]:
    return [episodes[index].proposal.architecture for index in chosen]

"""The candidate that a Gaussian process over rewards finds most promising."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from gnas_ray.controllers.base import Episode
from gnas_ray.controllers.selection import Selector
from gnas_ray.core import Proposal
from gnas_ray.space import SearchSpace
from gnas_ray.surrogates import (
    MAX_FITTED,
    MAX_POINTS,
    Array,
    Encoding,
    GaussianProcess,
    KernelParameters,
    fit_kernel,
    normal_scores,
    representatives,
)

_MIN_EPISODES = 10
"""Before so many rewards the first candidate is taken."""
_GROWTH = 1.1
"""Parameters are fitted anew when there are so many times as many episodes."""


class SurrogateSelector(Selector):
    """Picks the candidate with the highest upper confidence bound of a Gaussian process over rewards.

    Rewards become normal quantiles of their ranks, so that the few best stand out whatever the reward's scale. Trials
    that run are taken to end as predicted, which keeps parallel trials apart (GP-BUCB, Desautels et al. 2014). Of more
    than `MAX_POINTS` ended trials, the process sees the better half of that number and a spread of the others.

    The parameters are fitted to a snapshot of the episodes, taken when they are a tenth more than at the last, and not
    before they are needed: so replaying a history costs nothing.

    Args:
        space: What the candidates are members of.
        num_candidates: Candidates it wants to pick from.
        exploration: Standard deviations above the mean in the confidence bound.
    """

    def __init__(self, space: SearchSpace, *, num_candidates: int = 200, exploration: float = 2.0) -> None:
        self.num_candidates = num_candidates
        self._encoding = Encoding(space.decisions)
        self._exploration = exploration
        self._snapshot: Sequence[Episode] = ()
        self._parameters: KernelParameters | None = None

    @override
    def learn(self, rollout: Sequence[Episode], past: Sequence[Episode]) -> None:
        episodes = (*past, *rollout)
        if len(episodes) >= _GROWTH * len(self._snapshot):
            self._snapshot, self._parameters = episodes, None

    @override
    def select(
        self,
        candidates: Sequence[Proposal],
        *,
        feasibility: Sequence[float],
        ended: Sequence[Episode],
        running: Sequence[Proposal],
    ) -> Proposal:
        if len(_rewarded(self._snapshot)) < _MIN_EPISODES or len(candidates) == 1:
            return candidates[0]
        process = self._process(_rewarded(ended or self._snapshot), running)
        mean, deviation = process.predict(self._encoding.encode([c.architecture for c in candidates]))
        bound = mean + self._exploration * deviation
        # What it would gain over the least promising, if it does not fail.
        return candidates[int(np.argmax((bound - bound.min()) * np.asarray(feasibility)))]

    def _process(self, rewarded: Sequence[Episode], running: Sequence[Proposal]) -> GaussianProcess:
        """The posterior given what ended and, as predicted, what runs."""
        targets, points = self._targets(rewarded, MAX_POINTS)
        codes = self._encode([rewarded[i].proposal for i in points])
        process = GaussianProcess(self._kernel(), self._encoding, codes, targets)
        return process.believing(self._encode(running))

    def _kernel(self) -> KernelParameters:
        """Fitted to the snapshot, when first asked for."""
        if self._parameters is None:
            rewarded = _rewarded(self._snapshot)
            targets, points = self._targets(rewarded, MAX_FITTED)
            self._parameters = fit_kernel(self._encoding, self._encode([rewarded[i].proposal for i in points]), targets)
        return self._parameters

    def _targets(self, rewarded: Sequence[Episode], most: int) -> tuple[Array, NDArray[np.intp]]:
        """Normal scores among all of them, of the `most` that represent them; and which these are."""
        rewards = np.array([episode.reward for episode in rewarded], dtype=float)
        points = representatives(rewards, most)
        return normal_scores(rewards)[points], points

    def _encode(self, proposals: Sequence[Proposal]) -> Array:
        return self._encoding.encode([proposal.architecture for proposal in proposals])


def _rewarded(episodes: Sequence[Episode]) -> list[Episode]:
    return [episode for episode in episodes if episode.reward is not None]

"""Random search."""

from __future__ import annotations

import random
from collections.abc import Sequence

from typing_extensions import override

from gnas_ray.controllers.base import Controller, Probabilities
from gnas_ray.controllers.episodes import Episode, Episodes
from gnas_ray.core import Proposal
from gnas_ray.space import SearchSpace


class Uniform(Controller):
    """Every option of a decision is as likely as in the space, whatever came of it; the yardstick for all others."""

    avoids_failures = False

    def __init__(self, space: SearchSpace, *, seed: int) -> None:
        super().__init__(space, seed=seed)

    @override
    def sample(self, generator: random.Random) -> Proposal:
        return Proposal(self.space.sample_architecture(generator), "uniform", policy_version=self.policy_version)

    @override
    def learn(self, rollout: Sequence[Episode], known: Episodes) -> None:
        pass

    @override
    def probabilities(self) -> Probabilities:
        return {d.name: d.shares() for d in self.space.decisions}

"""Regularised evolution (Real et al. 2019)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence

from typing_extensions import override

from gnas_ray.controllers.base import Controller, Probabilities
from gnas_ray.controllers.episodes import Episode, Episodes
from gnas_ray.core import Proposal, Value
from gnas_ray.space import SearchSpace


class Evolution(Controller):
    """Mutates the best of a random few of the youngest members (Real et al. 2019, arXiv:1802.01548, algorithm 1).

    The population is the last `population_size` trials that ended or reached a rung, with a reward; the oldest dies,
    however good. Until it is full, members are uniform. A child differs from its parent in one decision; decisions that
    the change makes active are uniform. Failed trials are never in the population. Differs from the paper where trials
    run side by side: age counts from a trial's end or first rung, and a child that was tried before is mutated anew.

    Args:
        space: What may be proposed.
        seed: Of its proposals.
        population_size: Trials alive.
        tournament_size: Trials among which the parent is the best.
    """

    def __init__(self, space: SearchSpace, *, seed: int, population_size: int = 20, tournament_size: int = 5) -> None:
        if not 1 <= tournament_size <= population_size:
            raise ValueError(f"tournament_size must be in 1..population_size={population_size}, got {tournament_size}")
        super().__init__(space, seed=seed)
        self._population_size = population_size
        self._tournament_size = tournament_size
        self._population: list[Episode] = []

    @override
    def sample(self, generator: random.Random) -> Proposal:
        if len(self._population) < self._population_size:
            return Proposal(self.space.sample_architecture(generator), "uniform", policy_version=self.policy_version)
        contestants = generator.sample(self._population, self._tournament_size)
        parent = max(contestants, key=lambda episode: (episode.reward or 0.0, -episode.number))
        child = mutate(self.space, parent.proposal.architecture, generator)
        return Proposal(child, "mutation", policy_version=self.policy_version)

    @override
    def learn(self, rollout: Sequence[Episode], known: Episodes) -> None:
        self._population = known.rewarded().latest(self._population_size)

    @override
    def probabilities(self) -> Probabilities:
        """The population's shares."""
        if len(self._population) < self._population_size:
            return {}
        shares: dict[str, dict[Value, float]] = {}
        for decision in self.space.decisions:
            architectures = [episode.proposal.architecture for episode in self._population]
            counts = Counter(a[decision.name] for a in architectures if decision.name in a)
            if counts:
                shares[decision.name] = {option: counts[option] / counts.total() for option in decision.options}
        return shares


def mutate(space: SearchSpace, architecture: Mapping[str, Value], generator: random.Random) -> dict[str, Value]:
    """`architecture` with one active decision changed to another of its options, and completed at random.

    Unchanged where no decision has a second option.
    """
    changeable = [d for d in space.decisions if d.name in architecture and len(d.options) > 1]
    if not changeable:
        return dict(architecture)
    decision = generator.choice(changeable)
    others = [option for option in decision.options if option != architecture[decision.name]]
    return space.complete({**architecture, decision.name: generator.choice(others)}, generator)

"""What every controller is: a pure object that proposes architectures and learns from how they did."""

from __future__ import annotations

import math
import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import final

from gnas_ray.controllers.episodes import Episode, Episodes
from gnas_ray.controllers.feasibility import Feasibility
from gnas_ray.controllers.novelty import Novelty
from gnas_ray.core import Failure, Proposal, Value, derive_seed
from gnas_ray.space import SearchSpace

Probabilities = Mapping[str, Mapping[Value, float]]
"""For each decision, the chance of each option where the decision is active."""


class Controller(ABC):
    """Proposes architectures and learns from how they did.

    Deterministic: `propose` is a function of its arguments, the seed and what was accepted and learned before, and
    changes nothing; only `accept` and `update` change the controller. So replaying them in their order restores it,
    and a proposal that got lost on its way costs nothing.

    Attributes:
        space: What may be proposed.
        rollout_size: Number of trials, ended or at a rung, that `update` wants at once.
        avoids_failures: Whether candidates that resemble failed trials are tried less often.
        max_candidates: Samples that it gives at once, however many are wanted; fewer where each takes long.
        max_draws: Samples for a candidate that is new, before the members left are walked instead: a sharp policy
            repeats itself.
        policy_version: Updates so far.
    """

    rollout_size = 1
    avoids_failures = True
    max_candidates = 1000
    max_draws = 200

    def __init__(self, space: SearchSpace, *, seed: int) -> None:
        self.space = space
        self.policy_version = 0
        self._seed = seed
        self._novelty = Novelty(space)
        self._feasibility = Feasibility(space)

    @abstractmethod
    def sample(self, generator: random.Random) -> Proposal:
        """One candidate from whatever the controller believes; it need be neither new nor feasible.

        Must not change the controller. A mixture of sources is a `sample` that picks the source first.
        """

    @abstractmethod
    def learn(self, rollout: Sequence[Episode], known: Episodes) -> None:
        """Learns from the trials that ended or first reached a rung since the last update, of any policy version.

        Args:
            rollout: The new episodes; some may have no reward.
            known: All there are, these last, with rewards restated against today's peers.
        """

    @abstractmethod
    def probabilities(self) -> Probabilities:
        """What it would propose now; empty when it can't tell."""

    @final
    def propose(self) -> Proposal | None:
        """The next architecture; None when a finite space is exhausted.

        Never a member that was accepted before, except that one with hyperparameters to vary may come a second time
        after all have come once.
        """
        return next(iter(self.candidates(1)), None)

    @final
    def candidates(self, number: int) -> list[Proposal]:
        """What comes of so many samples, or of `max_candidates`: different new architectures, first the one that
        `propose` would give.

        At least one where there is any; fewer than `number` where the controller repeats itself.
        """
        generator = random.Random(derive_seed(self._seed, "proposal", self._novelty.num_accepted))
        first = self._draw(generator)
        sampled = [first] if first else []
        sampled += [self.sample(generator) for _ in range(min(number, self.max_candidates) - 1)] if first else []
        candidates: dict[str, Proposal] = {}
        for candidate in sampled:
            candidates.setdefault(self.space.key(candidate.architecture), candidate)
        return [candidate for key, candidate in candidates.items() if not self._novelty.is_tried(key)]

    @final
    def feasibility(self, architecture: Mapping[str, Value]) -> float:
        """The chance that its trial does not fail, as far as failures of such architectures have taught."""
        return self._feasibility.probability(architecture)

    @final
    def accept(self, proposal: Proposal) -> None:
        """A trial of this proposal has begun, whoever made it."""
        self._novelty.accept(proposal.architecture)

    @final
    def update(self, rollout: Sequence[Episode], known: Episodes) -> None:
        """Learns as `learn` says, and what is feasible from failures and from what broke a limit.

        A worker that was lost says nothing about the architecture that it trained.
        """
        for episode in rollout:
            if episode.failure is Failure.WORKER_LOST:
                continue
            self._feasibility.record(episode.proposal.architecture, failed=episode.is_in_vain)
        self.learn(rollout, known)
        self.policy_version += 1

    @final
    def entropy(self) -> float:
        """Mean entropy of `probabilities` over decisions in nats; NaN when it can't tell."""
        entropies = [
            -sum(p * math.log(p) for p in options.values() if p > 0) for options in self.probabilities().values()
        ]
        return sum(entropies) / len(entropies) if entropies else math.nan

    def _draw(self, generator: random.Random) -> Proposal | None:
        """A new, probably feasible candidate; None when none is left."""
        for _ in range(self.max_draws):
            candidate = self.sample(generator)
            architecture = candidate.architecture
            if self._novelty.is_tried(self.space.key(architecture)):
                continue
            if not self.avoids_failures or generator.random() < self.feasibility(architecture):
                return candidate
        left = self._novelty.first_new(generator)
        return None if left is None else Proposal(left, "leftover", policy_version=self.policy_version)

"""Proximal policy optimisation with ranks for rewards and a priority queue."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import numpy as np
from typing_extensions import override

from gnas_ray.controllers.base import Controller, Probabilities
from gnas_ray.controllers.episodes import Episode, Episodes, rank_advantages, rewards_of
from gnas_ray.controllers.policy import Adam, Policy
from gnas_ray.core import Proposal
from gnas_ray.space import SearchSpace


class PPO(Controller):
    """Samples architectures from a policy, and makes the better ones likelier.

    Clipped policy gradient (Schulman et al. 2017, arXiv:1707.06347, equation 7) without a value function, for an
    episode is one proposal. What is peculiar to few, costly, asynchronous trials:

    - The advantage is the reward's rank among all episodes so far, scaled to mean 0 and standard deviation 1, so the
      reward's scale does not matter, and old episodes are ranked by what is known today.
    - The ratio's denominator is the log-probability under the policy that sampled the proposal, however many updates
      ago: late outcomes count as much as the clip allows.
    - The best episodes of all are imitated in each update (priority queue training, Abolafia et al. 2018,
      arXiv:1801.03526), prior members and leftovers of other origin among them.
    - Failed trials have no rank; the base class keeps away from what fails.

    Args:
        space: What may be proposed.
        seed: Of its proposals.
        rollout_size: Trials, ended or at a rung, in an update.
        epochs: Gradient steps in an update.
        clip: How far the ratio may move from 1 and still have a gradient.
        entropy: Weight of the entropy of a decision, averaged.
        priority: Weight of the log-probability of the best episodes, averaged.
        queue_size: Number of best episodes imitated, at most a tenth of all and at least one: imitating most of what
            a young search has seen would teach nothing.
        learning_rate: Adam's.
        conditional: Whether a decision's chances depend on the options chosen before it.
    """

    def __init__(  # noqa: PLR0913 - one parameter for each YAML key
        self,
        space: SearchSpace,
        *,
        seed: int,
        rollout_size: int = 5,
        epochs: int = 6,
        clip: float = 0.2,
        entropy: float = 0.1,
        priority: float = 0.5,
        queue_size: int = 10,
        learning_rate: float = 0.03,
        conditional: bool = True,
    ) -> None:
        positive = {"rollout_size": rollout_size, "epochs": epochs, "queue_size": queue_size, "clip": clip}
        _require_positive({**positive, "learning_rate": learning_rate})
        if min(entropy, priority) < 0:
            raise ValueError(f"entropy and priority are weights from 0, got {entropy} and {priority}")
        super().__init__(space, seed=seed)
        self.rollout_size = rollout_size
        self._epochs = epochs
        self._clip = clip
        self._entropy = entropy
        self._priority = priority
        self._queue_size = queue_size
        self._policy = Policy(space, conditional=conditional)
        self._optimiser = Adam(self._policy.parameters.shape, learning_rate)

    @override
    def sample(self, generator: random.Random) -> Proposal:
        architecture, log_prob = self._policy.sample(generator)
        return Proposal(architecture, "policy", log_prob, policy_version=self.policy_version)

    @override
    def learn(self, rollout: Sequence[Episode], known: Episodes) -> None:
        rewarded = known.distinct()
        if not len(rewarded):
            return
        policy = self._policy
        # The rollout: what the policy sampled itself, now or some versions ago.
        sampled = [e for e in rollout if e.reward is not None and e.proposal.log_prob is not None]
        chosen = policy.encode([episode.proposal.architecture for episode in sampled])
        old_log_prob = np.array([episode.proposal.log_prob for episode in sampled], dtype=float)
        advantage = rank_advantages(rewards_of(sampled), rewarded.rewards)
        # The queue: the best of all, whoever proposed them; of equals the earlier.
        best = rewarded.best(max(1, min(self._queue_size, len(rewarded) // 10)))
        queue = policy.encode([episode.proposal.architecture for episode in best])
        imitation = np.full(len(best), self._priority / len(best))
        spread = np.full(len(sampled), self._entropy / max(len(sampled), 1))
        for _ in range(self._epochs):
            # Gradient of min(ratio * advantage, clip(ratio) * advantage): nothing once the ratio has moved enough.
            ratio = np.exp(policy.log_prob(chosen) - old_log_prob)
            moved = np.where(advantage > 0, ratio > 1 + self._clip, ratio < 1 - self._clip)
            slope = np.where(moved, 0.0, ratio * advantage) / max(len(sampled), 1)
            gradient = policy.gradient(chosen, slope, spread) + policy.gradient(queue, imitation, np.zeros(len(best)))
            policy.parameters += self._optimiser.step(gradient)

    @override
    def probabilities(self) -> Probabilities:
        """Over architectures that the policy samples."""
        return self._policy.own_marginals()


def _require_positive(parameters: Mapping[str, float]) -> None:
    for name, value in parameters.items():
        if value <= 0:
            raise ValueError(f"{name} must be above 0, got {value}")

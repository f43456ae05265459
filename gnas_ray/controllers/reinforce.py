"""REINFORCE with a moving average for a baseline."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from typing_extensions import override

from gnas_ray.controllers.base import Controller, Probabilities
from gnas_ray.controllers.episodes import Episode, Episodes, rank_advantages, rewards_of
from gnas_ray.controllers.policy import Adam, Policy
from gnas_ray.core import Proposal
from gnas_ray.space import SearchSpace


class Reinforce(Controller):
    """Samples architectures from a policy, and makes those above the average of late likelier.

    Williams 1992, equation 11; as Zoph and Le (2017, arXiv:1611.01578, section 3.2) and GraphNAS (Gao et al. 2020,
    IJCAI, arXiv:1904.09981, equation 3) search architectures with it. The gradient is that of
    ``(reward - baseline) * log_prob``, averaged over the rollout, and each rollout is used for one step. Differs from
    them:

    - The policy is `Policy`, as PPO's, not an LSTM.
    - The reward is the rank among all episodes so far, scaled to mean 0 and standard deviation 1, so its scale does not
      matter.
    - Outcomes that come late count as if the policy of today had sampled them; nothing corrects for that.
    - What the policy did not sample (prior members, leftovers) teaches it nothing, and failed trials neither.

    Args:
        space: What may be proposed.
        seed: Of its proposals.
        rollout_size: Trials, ended or at a rung, in an update.
        learning_rate: Adam's.
        entropy: Weight of the entropy of an architecture's decisions.
        baseline_decay: Share of the baseline that an update keeps, from 0 to below 1; the rest is the rollout's mean.
        conditional: Whether a decision's chances depend on the options chosen before it.
    """

    def __init__(  # noqa: PLR0913 - one parameter for each YAML key
        self,
        space: SearchSpace,
        *,
        seed: int,
        rollout_size: int = 5,
        learning_rate: float = 0.1,
        entropy: float = 0.05,
        baseline_decay: float = 0.9,
        conditional: bool = True,
    ) -> None:
        if rollout_size < 1 or learning_rate <= 0:
            raise ValueError(f"rollout_size and learning_rate must be above 0, got {rollout_size} and {learning_rate}")
        if entropy < 0:
            raise ValueError(f"entropy is a weight from 0, got {entropy}")
        if not 0 <= baseline_decay < 1:
            raise ValueError(f"baseline_decay must be from 0 to below 1, got {baseline_decay}")
        super().__init__(space, seed=seed)
        self.rollout_size = rollout_size
        self._entropy = entropy
        self._baseline_decay = baseline_decay
        self._baseline: float | None = None
        self._policy = Policy(space, conditional=conditional)
        self._optimiser = Adam(self._policy.parameters.shape, learning_rate)

    @override
    def sample(self, generator: random.Random) -> Proposal:
        architecture, log_prob = self._policy.sample(generator)
        return Proposal(architecture, "policy", log_prob, policy_version=self.policy_version)

    @override
    def learn(self, rollout: Sequence[Episode], known: Episodes) -> None:
        sampled = [e for e in rollout if e.reward is not None and e.proposal.log_prob is not None]
        if not sampled:
            return
        rewards = rank_advantages(rewards_of(sampled), known.distinct().rewards)
        if self._baseline is None:
            self._baseline = float(rewards.mean())
        chosen = self._policy.encode([episode.proposal.architecture for episode in sampled])
        slope = (rewards - self._baseline) / len(sampled)
        spread = np.full(len(sampled), self._entropy / len(sampled))
        self._policy.parameters += self._optimiser.step(self._policy.gradient(chosen, slope, spread))
        self._baseline += (1 - self._baseline_decay) * (float(rewards.mean()) - self._baseline)

    @override
    def probabilities(self) -> Probabilities:
        """Over architectures that the policy samples."""
        return self._policy.own_marginals()

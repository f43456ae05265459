"""Q-learning over the decisions (MetaQNN, Baker et al. 2017)."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence

from typing_extensions import override

from gnas_ray.controllers.base import Controller, Probabilities
from gnas_ray.controllers.episodes import Episode, Episodes, rank_advantages, rewards_of
from gnas_ray.core import Proposal, Value, derive_seed
from gnas_ray.space import Decision, SearchSpace

_MARGINAL_SAMPLES = 32

Options = Sequence[tuple[str, Value]]
"""Decisions already made, in order, with their options."""


class QLearning(Controller):
    """Decides one decision after the other, mostly for the option with the highest Q, else at random.

    Baker et al. 2017, arXiv:1611.02167: Q-learning with an epsilon-greedy policy whose epsilon falls, without discount,
    rewarded at the end of an episode only (equation 3), and with experience replay: an update goes through the trials
    that just ended and a random draw of earlier ones, each from its last decision to its first (section 4). Differs
    from the paper:

    - Q is no table of states, but linear in the options chosen before (semi-gradient Q-learning, Sutton and Barto
      2018, section 11.2, with the step divided by the number of weights that it moves). Few trials visit any one
      state of a table again; one in which the previous option is the whole state mixes up what came before it.
    - The reward is the rank among all episodes so far, scaled to mean 0 and standard deviation 1. So Q starts at 0, an
      option not tried counts as much as the median, and episodes are replayed with today's ranks.
    - Epsilon falls in a straight line with the number of trials heard of, from 1.
    - Equal options are equally likely, so a new controller is the uniform one.
    - Failed trials teach Q nothing; the base class keeps away from what fails.

    Args:
        space: What may be proposed.
        seed: Of its proposals and replays.
        learning_rate: Share of the way that Q goes to its target, above 0 to 1.
        epsilon: Chance of a random option once exploring has ended, 0 to 1.
        num_exploring_trials: Trials, ended or at a rung, over which the chance of a random option falls from 1 to that.
        num_replays: Episodes replayed in an update besides those that just ended.
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        learning_rate: float = 0.3,
        epsilon: float = 0.1,
        num_exploring_trials: int = 60,
        num_replays: int = 50,
    ) -> None:
        if not 0 < learning_rate <= 1:
            raise ValueError(f"learning_rate must be above 0 and at most 1, got {learning_rate}")
        if not 0 <= epsilon <= 1:
            raise ValueError(f"epsilon must be in 0..1, got {epsilon}")
        if min(num_exploring_trials, num_replays) < 0:
            raise ValueError(
                f"num_exploring_trials and num_replays count from 0, got {num_exploring_trials} and {num_replays}"
            )
        super().__init__(space, seed=seed)
        self._learning_rate = learning_rate
        self._last_epsilon = epsilon
        self._num_exploring_trials = num_exploring_trials
        self._num_replays = num_replays
        self._num_ended = 0
        # By option: a bias under None, and a weight for each option chosen before it.
        self._weights: defaultdict[tuple[str, Value, tuple[str, Value] | None], float] = defaultdict(float)

    @override
    def sample(self, generator: random.Random) -> Proposal:
        before: list[tuple[str, Value]] = []
        log_prob = 0.0

        def choose(decision: Decision) -> Value:
            nonlocal log_prob
            chances = self._chances(decision, before)
            option = generator.choices(decision.options, list(chances.values()))[0]
            before.append((decision.name, option))
            log_prob += math.log(chances[option])
            return option

        architecture = self.space.decide(choose)
        return Proposal(architecture, "policy", log_prob, policy_version=self.policy_version)

    @override
    def learn(self, rollout: Sequence[Episode], known: Episodes) -> None:
        self._num_ended = len(known)
        rewarded = known.distinct()
        if not len(rewarded):
            return
        generator = random.Random(derive_seed(self._seed, "replay", self.policy_version))
        fresh = [episode for episode in rollout if episode.reward is not None]
        replayed = fresh + generator.choices(rewarded, k=self._num_replays)
        for episode, reward in zip(
            replayed, rank_advantages(rewards_of(replayed), rewarded.rewards).tolist(), strict=True
        ):
            self._learn_from(episode.proposal.architecture, reward)

    @override
    def probabilities(self) -> Probabilities:
        """The epsilon-greedy chances, averaged over the states that its own samples come through."""
        generator = random.Random(0)
        sums: dict[str, dict[Value, float]] = {}
        for _ in range(_MARGINAL_SAMPLES):
            for decision, before, _ in self._steps(self.sample(generator).architecture):
                total = sums.setdefault(decision.name, dict.fromkeys(decision.options, 0.0))
                for option, chance in self._chances(decision, before).items():
                    total[option] += chance
        return {
            name: {option: chance / sum(total.values()) for option, chance in total.items()}
            for name, total in sums.items()
        }

    def _epsilon(self) -> float:
        """Chance of a random option, now."""
        if self._num_ended >= self._num_exploring_trials:
            return self._last_epsilon
        return 1.0 + self._num_ended / self._num_exploring_trials * (self._last_epsilon - 1.0)

    def _chances(self, decision: Decision, before: Options) -> Mapping[Value, float]:
        """Of each option, in order."""
        values = [self._value(decision.name, option, before) for option in decision.options]
        is_best = [value == max(values) for value in values]
        epsilon = self._epsilon()
        return {
            option: epsilon * share + (1 - epsilon) * best / sum(is_best)
            for (option, share), best in zip(decision.shares().items(), is_best, strict=True)
        }

    def _learn_from(self, architecture: Mapping[str, Value], reward: float) -> None:
        """One episode, last decision first, so that its reward is heard of by the first at once."""
        target = reward
        for decision, before, option in reversed(self._steps(architecture)):
            error = target - self._value(decision.name, option, before)
            for earlier in (None, *before):
                self._weights[decision.name, option, earlier] += self._learning_rate * error / (1 + len(before))
            target = max(self._value(decision.name, other, before) for other in decision.options)

    def _value(self, name: str, option: Value, before: Options) -> float:
        """Q of choosing `option` after `before`."""
        return sum(self._weights.get((name, option, earlier), 0.0) for earlier in (None, *before))

    def _steps(self, architecture: Mapping[str, Value]) -> list[tuple[Decision, Options, Value]]:
        """Each active decision with what was chosen before it, and its own option."""
        active = [decision for decision in self.space.decisions if decision.name in architecture]
        chosen = [(decision.name, architecture[decision.name]) for decision in active]
        return [(decision, chosen[:i], chosen[i][1]) for i, decision in enumerate(active)]

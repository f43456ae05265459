"""How the controller's policy moved, worked out again from a ledger.

A search does not store its policy: the ledger's events and the experiment decide it. This replays them on a controller
of its own and writes nothing, so it may read the ledger of a search that runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from gnas_ray.controllers import CONTROLLERS, Controller, Episode
from gnas_ray.controllers.base import Probabilities
from gnas_ray.core import derive_seed
from gnas_ray.experiment import Experiment
from gnas_ray.ledger import Began, Ended, Ledger, LedgerEvent, Measured
from gnas_ray.rewards import REWARDS, Reward
from gnas_ray.search.halving import SuccessiveHalving


@dataclass(frozen=True)
class PolicyMoment:
    """What the controller would propose at one time.

    Attributes:
        num_begun: Trials begun by then.
        probabilities: Never empty.
    """

    num_begun: int
    probabilities: Probabilities


def policy_history(experiment: Experiment, ledger: Ledger) -> Iterator[PolicyMoment]:
    """The policy before the first trial, and after each update since; but not while the controller can't tell."""
    replay = _Replay(experiment, ledger)
    for has_learned in chain([True], map(replay.apply, ledger.events())):
        if has_learned and (probabilities := replay.controller.probabilities()):
            yield PolicyMoment(replay.num_begun, probabilities)


class _Replay:
    """A search's controller, fed with what the session fed it."""

    def __init__(self, experiment: Experiment, ledger: Ledger) -> None:
        make_controller: Callable[..., Controller] = CONTROLLERS[experiment.controller.name]
        make_reward: Callable[..., Reward] = REWARDS[experiment.reward.name]
        seed = derive_seed(experiment.seed, "controller")
        self.controller = make_controller(experiment.search_space, seed=seed, **experiment.controller.parameters)
        self.num_begun = 0
        self._reward = make_reward(**experiment.reward.parameters)
        self._halving = SuccessiveHalving(experiment.rungs)
        self._ledger = ledger
        self._ended: list[int] = []
        self._num_learned = 0

    def apply(self, event: LedgerEvent) -> bool:
        """Take in one event; whether the controller learned from it."""
        match event:
            case Began(proposal=proposal):
                self.num_begun += 1
                self.controller.accept(proposal)
            case Measured(number, measurement):
                value = measurement.metrics[self._ledger.objective]
                self._halving.record(number, measurement.fidelity, value)
            case Ended(number):
                self._ended.append(number)
                return self._learn_when_full()
        return False

    def _learn_when_full(self) -> bool:
        if len(self._ended) - self._num_learned < self.controller.rollout_size:
            return False
        episodes = [self._episode(number) for number in self._ended]
        self.controller.update(episodes[self._num_learned :], episodes[: self._num_learned])
        self._num_learned = len(episodes)
        return True

    def _episode(self, number: int) -> Episode:
        record = self._ledger.trial(number)
        failure = record.outcome.failure if record.outcome else None
        rated = None if failure else self._reward.rate(self._halving.climb(number), self._halving.peers)
        return Episode(number, record.proposal, rated, failure)

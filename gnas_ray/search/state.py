"""What a search knows: the fold of its ledger's events, live or replayed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from gnas_ray.controllers import Controller, Episode
from gnas_ray.core import RungLadder, Value
from gnas_ray.ledger import Began, Ended, Ledger, LedgerEvent, Measured, TrialRecord
from gnas_ray.rewards import Reward
from gnas_ray.search.halving import SuccessiveHalving

PRIOR = "prior"
"""The origin of proposals that the user made."""


class SearchState:
    """Rungs, peers and the controller, changed by `apply` and by nothing else.

    So a search that replays its ledger is where it was, and where it would be had it never been interrupted.

    Attributes:
        controller: Accepts what begins, and learns from each full rollout of what ended.
        halving: Where every trial stands.
        num_prior_begun: How far the search has come in the prior.
    """

    def __init__(self, ledger: Ledger, *, controller: Controller, reward: Reward, rungs: RungLadder) -> None:
        self.controller = controller
        self.halving = SuccessiveHalving(rungs)
        self.num_prior_begun = 0
        self._tried: set[str] = set()
        self._ledger = ledger
        self._reward = reward
        self._past: list[int] = []
        self._rollout: list[int] = []

    def apply(self, event: LedgerEvent) -> bool:
        """Takes in one event that the ledger holds; whether the controller learned from it."""
        match event:
            case Began(spec, proposal):
                self._tried.add(member_key({**spec.architecture, **spec.hyperparameters}))
                self.num_prior_begun += proposal.origin == PRIOR
                self.controller.accept(proposal)
            case Measured(number, measurement):
                value = measurement.metrics[self._ledger.objective]
                self.halving.record(number, measurement.fidelity, value)
            case Ended(number):
                self._rollout.append(number)
                return self._learn_when_full()
        return False

    def is_tried(self, key: str) -> bool:
        """Whether there was a trial of the member with this `member_key`."""
        return key in self._tried

    def rate(self, number: int) -> float | None:
        """The trial's reward against the peers known now."""
        return self._reward.rate(self.halving.climb(number), self.halving.peers)

    def _learn_when_full(self) -> bool:
        if len(self._rollout) < self.controller.rollout_size:
            return False
        episodes = self.episodes((*self._past, *self._rollout))
        self.controller.update(episodes[len(self._past) :], episodes[: len(self._past)])
        self._past += self._rollout
        self._rollout.clear()
        return True

    def rated(self) -> list[tuple[TrialRecord, tuple[int, float]]]:
        """All trials that ended and have a value, in that order, with what ranks them: rungs reached, value there."""
        ended = (self._ledger.trial(number) for number in (*self._past, *self._rollout))
        climbs = ((record, self.halving.climb(record.number)) for record in ended if not record.is_failed)
        return [(record, (len(climb), climb[-1])) for record, climb in climbs if climb]

    def episodes(self, numbers: Sequence[int]) -> list[Episode]:
        """Trials that ended, as the controller hears of them now: an architecture is as good as its best one of them."""
        rewards = {number: self._reward_of(number) for number in numbers}
        best: dict[str, float] = {}
        for number, reward in rewards.items():
            if reward is not None:
                key = self._key(number)
                best[key] = max(best.get(key, reward), reward)
        episodes = []
        for number in numbers:
            record = self._ledger.trial(number)
            failure = record.outcome.failure if record.outcome else None
            reward = None if rewards[number] is None else best[self._key(number)]
            episodes.append(Episode(number, record.proposal, reward, failure))
        return episodes

    def _reward_of(self, number: int) -> float | None:
        return None if self._ledger.trial(number).is_failed else self.rate(number)

    def _key(self, number: int) -> str:
        return self.controller.space.key(self._ledger.trial(number).spec.architecture)


def member_key(member: Mapping[str, Value]) -> str:
    """Text that two mappings of architecture and hyperparameters share exactly when they are equal."""
    return json.dumps(member, sort_keys=True, separators=(",", ":"))

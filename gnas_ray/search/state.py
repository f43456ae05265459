"""What a search knows: the fold of its ledger's events, live or replayed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from gnas_ray.controllers import Controller, Episode
from gnas_ray.core import GIVEN_ORIGINS, RungLadder, TrialSpec, Value
from gnas_ray.ledger import Began, Ended, Ledger, LedgerEvent, Measured
from gnas_ray.rewards import Reward
from gnas_ray.search.halving import SuccessiveHalving
from gnas_ray.surrogates import Array


class Rated(NamedTuple):
    """A trial that ended and has a value; of two, the one that climbed further is better, then that with more there."""

    spec: TrialSpec
    num_rungs: int
    value: float


def ranks_of(rated: Sequence[Rated]) -> Array:
    """From 0 up; equal for equals."""
    places = np.array([(trial.num_rungs, trial.value) for trial in rated])
    order = np.lexsort((places[:, 1], places[:, 0]))
    is_higher = (places[order][1:] != places[order][:-1]).any(axis=1)
    ranks = np.empty(len(rated))
    ranks[order] = np.concatenate([[0], np.cumsum(is_higher)])
    return ranks


class SearchState:
    """Rungs, peers and the controller, changed by `apply` and by nothing else.

    So a search that replays its ledger is where it was, and where it would be had it never been interrupted.

    Attributes:
        controller: Accepts what begins, and learns from each full rollout of what ended.
        halving: Where every trial stands.
        num_given_begun: How far the search has come in what it was given to try first.
    """

    def __init__(self, ledger: Ledger, *, controller: Controller, reward: Reward, rungs: RungLadder) -> None:
        self.controller = controller
        self.halving = SuccessiveHalving(rungs)
        self.num_given_begun = 0
        self._tried: set[str] = set()
        self._ledger = ledger
        self._reward = reward
        self._rated: list[Rated] = []
        self._past: list[int] = []
        self._rollout: list[int] = []

    def apply(self, event: LedgerEvent) -> bool:
        """Takes in one event that the ledger holds; whether the controller learned from it."""
        match event:
            case Began(spec, proposal):
                self._tried.add(member_key(spec.member))
                self.num_given_begun += proposal.origin in GIVEN_ORIGINS
                self.controller.accept(proposal)
            case Measured(number, measurement):
                value = measurement.metrics[self._ledger.objective]
                self.halving.record(number, measurement.fidelity, value)
            case Ended(number):
                climb = self.halving.climb(number)
                if climb and not self._ledger.trial(number).is_failed:
                    self._rated.append(Rated(self._ledger.trial(number).spec, len(climb), climb[-1]))
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

    @property
    def rated(self) -> Sequence[Rated]:
        """All trials that ended and have a value, in that order."""
        return self._rated

    def episodes(self, numbers: Sequence[int]) -> list[Episode]:
        """Trials that ended, as the controller hears of them now: an architecture is as good as its best trial."""
        records = [self._ledger.trial(number) for number in numbers]
        rewards = [None if record.is_failed else self.rate(record.number) for record in records]
        best: dict[str, float] = {}
        for record, reward in zip(records, rewards, strict=True):
            if reward is not None:
                best[record.proposal.key] = max(best.get(record.proposal.key, reward), reward)
        return [
            Episode(
                record.number,
                record.proposal,
                None if reward is None else best[record.proposal.key],
                record.outcome.failure if record.outcome else None,
            )
            for record, reward in zip(records, rewards, strict=True)
        ]


def member_key(member: Mapping[str, Value]) -> str:
    """Text that two mappings of architecture and hyperparameters share exactly when they are equal."""
    return json.dumps(member, sort_keys=True, separators=(",", ":"))

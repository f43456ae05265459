"""What a search knows: the fold of its ledger's events, live or replayed."""

from __future__ import annotations

from gnas_ray.controllers import Controller, Episode
from gnas_ray.core import RungLadder
from gnas_ray.ledger import Began, Ended, Ledger, LedgerEvent, Measured
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
        self._ledger = ledger
        self._reward = reward
        self._past: list[int] = []
        self._rollout: list[int] = []

    def apply(self, event: LedgerEvent) -> bool:
        """Takes in one event that the ledger holds; whether the controller learned from it."""
        match event:
            case Began(proposal=proposal):
                self.num_prior_begun += proposal.origin == PRIOR
                self.controller.accept(proposal)
            case Measured(number, measurement):
                value = measurement.metrics[self._ledger.objective]
                self.halving.record(number, measurement.fidelity, value)
            case Ended(number):
                self._rollout.append(number)
                return self._learn_when_full()
        return False

    def rate(self, number: int) -> float | None:
        """The trial's reward against the peers known now."""
        return self._reward.rate(self.halving.climb(number), self.halving.peers)

    def _learn_when_full(self) -> bool:
        if len(self._rollout) < self.controller.rollout_size:
            return False
        rollout = [self._episode(number) for number in self._rollout]
        past = [self._episode(number) for number in self._past]
        self.controller.update(rollout, past)
        self._past += self._rollout
        self._rollout.clear()
        return True

    def ended_episodes(self) -> list[Episode]:
        """All trials that ended, in that order, as the controller would hear of them now."""
        return [self._episode(number) for number in (*self._past, *self._rollout)]

    def _episode(self, number: int) -> Episode:
        record = self._ledger.trial(number)
        failure = record.outcome.failure if record.outcome else None
        return Episode(number, record.proposal, None if failure else self.rate(number), failure)

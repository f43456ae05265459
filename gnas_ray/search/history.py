"""What ended or reached a rung, and what it is worth today."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gnas_ray.controllers import Episode, Episodes
from gnas_ray.core import Ending, Outcome
from gnas_ray.ledger import TrialRecord
from gnas_ray.rewards import Reward
from gnas_ray.search.halving import SuccessiveHalving


class History:
    """Trials that ended or reached a rung, in the order in which they first did.

    A controller hears of all of them again and again, each time as they compare with today's peers. So what does not
    change is kept in columns, and all are rated at once.

    Attributes:
        num_heard: How many of them the controller has heard of.

    Args:
        halving: Where every trial stands.
        reward: What that is worth.
    """

    def __init__(self, halving: SuccessiveHalving, reward: Reward) -> None:
        self._halving = halving
        self._reward = reward
        self.num_heard = 0
        self._trials: list[Episode] = []
        self._rows: dict[int, int] = {}
        self._index: dict[str, int] = {}
        self._numbers: NDArray[np.intp] = np.zeros(0, dtype=np.intp)
        self._architectures: NDArray[np.intp] = np.zeros(0, dtype=np.intp)

    def __len__(self) -> int:
        return len(self._trials)

    def add(self, record: TrialRecord, outcome: Outcome | None) -> None:
        """A trial has ended; or it has reached a rung, which is no outcome; or it has failed after that, and stands
        here anew, unless nobody has heard of it yet.

        The outcome is the one that was applied: the record of a ledger that is being replayed knows what came later.
        """
        number, key = record.number, record.proposal.key
        failure = outcome.failure if outcome else None
        is_infeasible = outcome is not None and outcome.ending is Ending.INFEASIBLE
        episode = Episode(number, record.proposal, None, failure, is_infeasible=is_infeasible)
        if (row := self._rows.get(number)) is not None:
            self._trials[row] = episode
            self._architectures[row] = -1
            if row >= self.num_heard:
                return
        self._rows[number] = len(self._trials)
        self._trials.append(episode)
        has_reward = not (outcome and outcome.is_in_vain) and self._halving.num_climbed(number) > 0
        architecture = self._index.setdefault(key, len(self._index)) if has_reward else -1
        self._numbers = np.append(self._numbers, number)
        self._architectures = np.append(self._architectures, architecture)

    @property
    def num_new(self) -> int:
        """How many the controller has not heard of."""
        return len(self) - self.num_heard

    def rate(self, number: int) -> float | None:
        """A trial's reward against the peers known now; None where it reached no rung."""
        (reward,) = self._rewards(np.array([number])).tolist()
        return None if np.isnan(reward) else reward

    def episodes(self) -> Episodes:
        """As a controller hears of them now: an architecture is as good as its best trial."""
        rewarded = np.flatnonzero(self._architectures >= 0)
        architectures = self._architectures[rewarded]
        best = np.full(len(self._index), -np.inf)
        np.maximum.at(best, architectures, self._rewards(self._numbers[rewarded]))
        rewards = np.full(len(self), np.nan)
        rewards[rewarded] = best[architectures]
        return Episodes(self._trials, np.arange(len(self)), self._architectures, rewards)

    def _rewards(self, numbers: NDArray[np.intp]) -> NDArray[np.float64]:
        return self._reward.rate(self._halving.climbs(numbers), self._halving.peers)

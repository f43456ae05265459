"""Proposals and what came of them, one by one and all at once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gnas_ray.controllers.policy import Array
from gnas_ray.core import Failure, Proposal

Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Episode:
    """A proposal and what came of it.

    Attributes:
        number: The trial's number.
        proposal: With the log-probability and version of the policy that sampled it, however old.
        reward: Of the best trial so far of this architecture, against the peers known now; None when the trial says
            nothing about quality.
        failure: What made the trial fail; None when it did not.
        is_infeasible: Whether it was not trained at all, as it would have broken a limit.
    """

    number: int
    proposal: Proposal
    reward: float | None
    failure: Failure | None = None
    is_infeasible: bool = False

    @property
    def is_in_vain(self) -> bool:
        """Whether it teaches what is feasible, and nothing else."""
        return self.failure is not None or self.is_infeasible


class Episodes:
    """Trials in the order in which they ended or first reached a rung, as they are rated at one time.

    A controller hears of all of them at each update, so they are columns; who asks for one gets an `Episode`.

    Args:
        trials: Whose rewards are not looked at.
        indices: (n,) which of `trials`.
        architectures: (n,) the same number for the same architecture, from 0 in the order in which they first had a
            reward; -1 for a trial without one.
        rewards: (n,) NaN for a trial without one.
    """

    def __init__(self, trials: Sequence[Episode], indices: Indices, architectures: Indices, rewards: Array) -> None:
        self._trials = trials
        self._indices = indices
        self._architectures = architectures
        self.rewards = rewards

    @classmethod
    def of(cls, episodes: Iterable[Episode]) -> Episodes:
        """Of episodes that are there already."""
        trials = list(episodes)
        index: dict[str, int] = {}
        architectures = [-1 if e.reward is None else index.setdefault(e.proposal.key, len(index)) for e in trials]
        rewards = [math.nan if e.reward is None else e.reward for e in trials]
        return cls(
            trials, np.arange(len(trials)), np.array(architectures, dtype=np.intp), np.array(rewards, dtype=float)
        )

    def __len__(self) -> int:
        return len(self.rewards)

    def __getitem__(self, index: int) -> Episode:
        reward = float(self.rewards[index])
        return replace(self._trials[int(self._indices[index])], reward=None if math.isnan(reward) else reward)

    def __iter__(self) -> Iterator[Episode]:
        return (self[index] for index in range(len(self)))

    def latest(self, number: int) -> list[Episode]:
        """The last so many, oldest first."""
        return [self[index] for index in range(max(len(self) - number, 0), len(self))]

    def best(self, number: int) -> list[Episode]:
        """So many with the highest rewards, the best first, of equals the earlier trial; all must have a reward."""
        least = -math.inf if len(self) <= number else np.partition(self.rewards, -number)[-number]
        candidates = [self[index] for index in np.flatnonzero(self.rewards >= least).tolist()]
        return sorted(candidates, key=lambda episode: (-(episode.reward or 0.0), episode.number))[:number]

    def rewarded(self) -> Episodes:
        """Those that have a reward."""
        return self._at(np.flatnonzero(self._architectures >= 0))

    def distinct(self) -> Episodes:
        """The last rewarded episode of each architecture, in the order in which architectures first had a reward.

        One that was tried several times counts once.
        """
        rewarded = np.flatnonzero(self._architectures >= 0)
        last = np.full(self._architectures.max(initial=-1) + 1, -1)
        last[self._architectures[rewarded]] = rewarded  # of those at one place the last stays
        return self._at(last[last >= 0])  # one whose trials all failed later has none

    def _at(self, indices: Indices) -> Episodes:
        return Episodes(self._trials, self._indices[indices], self._architectures[indices], self.rewards[indices])


def rank_advantages(rewards: Array, known: Array) -> Array:
    """(n,) rank of each reward among all that are known, centred and scaled: mean 0, standard deviation 1 over them.

    Equal rewards share the middle of their ranks.
    """
    ascending = np.sort(known)
    below = np.searchsorted(ascending, rewards, side="left")
    up_to = np.searchsorted(ascending, rewards, side="right")
    quantile = (below + up_to) / (2 * len(ascending))
    advantage: Array = (2 * quantile - 1) * math.sqrt(3)
    return advantage


def rewards_of(episodes: Sequence[Episode]) -> Array:
    """(n,) of episodes that all have one."""
    return np.array([episode.reward for episode in episodes], dtype=float)

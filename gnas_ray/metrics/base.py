"""The interface of a ranking metric, and what it is computed from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int


@dataclass(frozen=True)
class Ranking:
    """Every evaluated user's list of recommendations, reduced to what metrics need.

    Attributes:
        hits: Whether the item at each position (best first) is relevant to the user. False also where a list
            ends early because the user has seen nearly all items.
        num_relevant: Relevant items of each user, at least 1.
        first_position: The best position (from 0) at which anybody is recommended each item; the lists' length
            for an item that is recommended to nobody.
    """

    hits: Bool[np.ndarray, "users length"]
    num_relevant: Int[np.ndarray, "users"]
    first_position: Int[np.ndarray, "items"]

    @property
    def length(self) -> int:
        """Positions in every list: the largest cutoff that can be asked of it."""
        return int(self.hits.shape[1])


class Metric(ABC):
    """One number in 0..1 for a whole ranking cut at `k`, higher is better.

    Attributes:
        k: The cutoff; the ranking's length must be at least this.
    """

    def __init__(self, k: int) -> None:
        self.k = k

    @abstractmethod
    def value(self, ranking: Ranking) -> float:
        """The metric of the lists' first `k` positions, with equal weight for every user."""

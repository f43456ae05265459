"""The interface of a baseline."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

from jaxtyping import Float, Int
from scipy.sparse import csr_matrix
from torch import Tensor

Scorer = Callable[[Int[Tensor, "batch"]], Float[Tensor, "batch items"]]
"""Scores of all items for a batch of user indices; higher is better."""


@dataclass(frozen=True)
class Baseline(ABC):
    """A recommender that isn't fitted yet.

    A subclass is a frozen dataclass whose fields are its settings.
    """

    @classmethod
    @abstractmethod
    def grid(cls) -> tuple[Baseline, ...]:
        """The settings to choose among on validation, wide enough for small and large data sets."""

    @abstractmethod
    def fit(self, interactions: csr_matrix) -> Scorer:
        """Learns from (users, items), a one for every interaction, and gives the scores of the same users.

        Must give the same scores again for the same interactions, and leave `interactions` as it is.
        """

    @property
    def settings(self) -> Mapping[str, float | int]:
        """The settings by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

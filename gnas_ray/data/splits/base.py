"""What a split is: options from YAML, and one method."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict

TRAIN, VALID, TEST = 0, 1, 2
PART_NAMES = ("train", "valid", "test")

Labels = NDArray[np.int8]


def _three_shares(ratios: tuple[float, float, float]) -> tuple[float, float, float]:
    if min(ratios) <= 0 or abs(sum(ratios) - 1) > 1e-6:
        raise ValueError(f"ratios of train, valid, test must be positive and sum to 1, got {list(ratios)}")
    return ratios


Ratios = Annotated[tuple[float, float, float], AfterValidator(_three_shares)]
"""Shares of train, valid and test."""


class Split(BaseModel, ABC):
    """A way to divide interactions. Its fields are the keys the user writes under ``data.split``.

    A member declares ``name: Literal["its_name"] = "its_name"`` and its own fields.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str

    @abstractmethod
    def assign(
        self, user_index: NDArray[np.int32], item_index: NDArray[np.int32], timestamp: NDArray[np.int64] | None
    ) -> Labels:
        """The part of every interaction: `TRAIN`, `VALID` or `TEST`, shape (n,).

        The arrays have one entry an interaction, in the file's order. Must give the same labels for the same
        arrays on every machine.

        Args:
            user_index: Dense, from 0; (n,).
            item_index: Dense, from 0; (n,).
            timestamp: (n,), or None when the data has no times.

        Raises:
            UsageError: The data lacks what this split needs.
        """

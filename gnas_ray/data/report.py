"""What preparation did to the data, as counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gnas_ray.data.log import Log


@dataclass(frozen=True)
class Count:
    """How much data there was after a step of preparation, or in a part.

    Attributes:
        step: ``read``, ``min_rating 4``, ``deduplicate last``, ``max_users 100``, ``k_core 5``; ``train``, ``valid``,
            ``test``.
        interactions: Their number.
        users: Users with an interaction.
        items: Items with an interaction.
    """

    step: str
    interactions: int
    users: int
    items: int

    @classmethod
    def of(cls, step: str, log: Log) -> Count:
        """The counts of `log`."""
        return cls(step, len(log), len(np.unique(log.user_index)), len(np.unique(log.item_index)))


@dataclass(frozen=True)
class PreparationReport:
    """Counts for people.

    Attributes:
        steps: After reading, after every filter, and in every part.
        users_without_training: Users with interactions in valid or test only.
        items_without_training: Cold-start items: in the item table, in valid or in test only.
        items_without_text: Items whose text is "".
        items_not_in_table: Items with interactions that the item table lacks; 0 without an item table.
        unknown_ids_kept: Ids of valid and test found nowhere else, kept because the user said so.
    """

    steps: tuple[Count, ...]
    users_without_training: int
    items_without_training: int
    items_without_text: int
    items_not_in_table: int
    unknown_ids_kept: int

    def to_dict(self) -> dict[str, Any]:
        """The plain dict that JSON stores."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> PreparationReport:
        """The inverse of `to_dict`."""
        return cls(**{**plain, "steps": tuple(Count(**step) for step in plain["steps"])})

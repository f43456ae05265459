"""Every user's last interaction tests, the one before it validates."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gnas_ray.data.splits.base import TEST, TRAIN, VALID, Labels, Split
from gnas_ray.data.splits.order import positions_from_end


class LeaveLastOut(Split):
    """Test each user's last interaction, validate on the one before it, train on the rest.

    Last by timestamp, ties and data without times by row. A user with one interaction only trains, with two has
    no validation.
    """

    name: Literal["leave_last_out"] = "leave_last_out"

    def assign(  # noqa: D102
        self, user_index: NDArray[np.int32], item_index: NDArray[np.int32], timestamp: NDArray[np.int64] | None
    ) -> Labels:
        time = np.zeros(len(user_index), dtype=np.int64) if timestamp is None else timestamp
        position = positions_from_end(user_index, np.lexsort((time, user_index)))
        counts = np.bincount(user_index)[user_index]
        labels = np.full(len(user_index), TRAIN, dtype=np.int8)
        labels[(position == 1) & (counts > 2)] = VALID
        labels[(position == 0) & (counts > 1)] = TEST
        return labels

"""One moment for everybody: train before it, test after it."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gnas_ray.core import Problem, UsageError
from gnas_ray.data.splits.base import TEST, TRAIN, VALID, Labels, Ratios, Split
from gnas_ray.data.splits.order import floor_share


class ByTime(Split):
    """Cut all interactions at two moments, so that no part knows a later one's time.

    The moments are chosen so that the parts come near `ratios`; interactions of one moment stay together, in the
    later part. Users whose interactions are all late have none in train.
    """

    name: Literal["by_time"] = "by_time"
    ratios: Ratios = (0.8, 0.1, 0.1)

    def assign(  # noqa: D102
        self, user_index: NDArray[np.int32], item_index: NDArray[np.int32], timestamp: NDArray[np.int64] | None
    ) -> Labels:
        if timestamp is None:
            raise UsageError("data.split", [Problem("", "by_time needs a column 'timestamp'; the data has none")])
        shares = np.cumsum(self.ratios)[:2]
        starts = [int(floor_share(np.array(len(timestamp)), share)) for share in shares]
        valid_from, test_from = np.sort(timestamp)[starts]
        labels = np.full(len(timestamp), TRAIN, dtype=np.int8)
        labels[timestamp >= valid_from] = VALID
        labels[timestamp >= test_from] = TEST
        return labels

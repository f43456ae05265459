"""Every user's interactions shuffled and cut 80/10/10: the split most published tables use."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gnas_ray.core import derive_seed
from gnas_ray.data.splits.base import TEST, TRAIN, VALID, Labels, Ratios, Split
from gnas_ray.data.splits.order import floor_share, positions_from_end


class RandomByUser(Split):
    """Shuffle each user's interactions and cut them by `ratios`.

    Valid and test get ``floor(ratio * n)`` of a user's n interactions and train the rest; a share that rounds
    down to none gets one interaction all the same, test before valid, while train keeps at least one. So a user
    with one interaction only trains, with two has one in test, with three one in each part. This is the rounding
    of RecBole 1.2 (`Dataset._calcu_split_ids`), save that a float a hair below a whole number counts as whole.
    """

    name: Literal["random_by_user"] = "random_by_user"
    ratios: Ratios = (0.8, 0.1, 0.1)
    seed: int = 0

    def assign(  # noqa: D102
        self, user_index: NDArray[np.int32], item_index: NDArray[np.int32], timestamp: NDArray[np.int64] | None
    ) -> Labels:
        generator = np.random.default_rng(derive_seed(self.seed, "split", self.name))
        # Keys are dealt in (user, item) order, so that the same data in another row order splits alike.
        keys = np.empty(len(user_index))
        keys[np.lexsort((item_index, user_index))] = generator.random(len(user_index))
        position = positions_from_end(user_index, np.lexsort((keys, user_index)))
        num_valid, num_test = self._cut(np.bincount(user_index))
        labels = np.full(len(user_index), TRAIN, dtype=np.int8)
        labels[position < (num_valid + num_test)[user_index]] = VALID
        labels[position < num_test[user_index]] = TEST
        return labels

    def _cut(self, counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Sizes of valid and test of users with `counts` interactions."""
        num_valid = floor_share(counts, self.ratios[VALID])
        num_test = floor_share(counts, self.ratios[TEST])
        num_test += (num_test == 0) & (counts - num_valid - num_test > 1)
        num_valid += (num_valid == 0) & (counts - num_valid - num_test > 1)
        return num_valid, num_test

"""Items held out with all their interactions: only their text can recommend them."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gnas_ray.core import derive_seed
from gnas_ray.data.splits.base import TEST, TRAIN, VALID, Labels, Ratios, Split
from gnas_ray.data.splits.order import floor_share


class ColdStartItems(Split):
    """Draw items for train, valid and test by `ratios`; an interaction follows its item.

    So every item of valid and test is cold-start. A share that rounds down to none is one item. Users whose items
    were all held out have no interaction in train.
    """

    name: Literal["cold_start_items"] = "cold_start_items"
    ratios: Ratios = (0.8, 0.1, 0.1)
    seed: int = 0

    def assign(  # noqa: D102
        self, user_index: NDArray[np.int32], item_index: NDArray[np.int32], timestamp: NDArray[np.int64] | None
    ) -> Labels:
        generator = np.random.default_rng(derive_seed(self.seed, "split", self.name))
        items = generator.permutation(np.unique(item_index))
        sizes = [max(1, int(floor_share(np.array(len(items)), ratio))) for ratio in self.ratios[VALID:]]
        label_of_item = np.full(int(item_index.max()) + 1, TRAIN, dtype=np.int8)
        label_of_item[items[: sizes[0]]] = VALID
        label_of_item[items[sizes[0] : sum(sizes)]] = TEST
        return label_of_item[item_index]

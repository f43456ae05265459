"""Bayesian personalised ranking: a positive above one random negative."""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from gnas_ray.training.batches import Batch, Positives
from gnas_ray.training.losses.base import Loss
from gnas_ray.training.losses.sampled_scores import sampled_scores
from gnas_ray.training.negatives import Asked, build_negatives
from gnas_ray.training.options import LossOptions


class BPR(Loss):
    """-log sigmoid(positive - negative) (Rendle et al. 2009, arXiv:1205.2618, section 4)."""

    def __init__(self, options: LossOptions, positives: Positives) -> None:
        self._negatives = build_negatives(options, positives)

    def __call__(
        self,
        users: Float[Tensor, "users width"],
        items: Float[Tensor, "items width"],
        batch: Batch,
        generator: torch.Generator,
    ) -> Float[Tensor, ""]:
        """See `Loss.__call__`."""
        user = users.index_select(0, batch.my_users)
        asked = Asked(batch.user_index, batch.mine, 1, partial(sampled_scores, user, items))
        drawn = self._negatives.draw(asked, generator).item_index.squeeze(1)
        difference = items.index_select(0, batch.my_items) - items.index_select(0, drawn)
        return F.softplus(-(user * difference).sum(dim=1)).sum() / len(batch)

    def ranking_vectors(
        self, users: Float[Tensor, "users width"], items: Float[Tensor, "items width"]
    ) -> tuple[Float[Tensor, "users width"], Float[Tensor, "items width"]]:
        """See `Loss.ranking_vectors`."""
        return users, items

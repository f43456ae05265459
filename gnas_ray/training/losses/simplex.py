"""Cosine contrast: positives towards cosine 1, negatives below a margin."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from gnas_ray.training.batches import Batch, Positives
from gnas_ray.training.losses.base import Loss
from gnas_ray.training.losses.cosine_ranking import CosineRanking
from gnas_ray.training.losses.shared_negatives import SharedNegatives
from gnas_ray.training.losses.softmax import sum_of_dots
from gnas_ray.training.options import LossOptions


class SimpleX(Loss):
    """``1 - cos(user, positive) + w mean_j max(0, cos(user, negative_j) - margin)``.

    Mao et al. 2021 (arXiv:2109.12613, equation 1), the loss without the paper's network. The negatives are drawn per
    user of the batch and shared by the user's positives there, which leaves the expected gradient as it is, for a
    negative meets no positive. Costs ``6 (users num_negatives + batch) width`` operations.
    """

    def __init__(self, options: LossOptions, positives: Positives) -> None:
        self._margin, self._weight = options.margin, options.negative_weight
        self._negatives = SharedNegatives(options, positives, avoid_positives=True)
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
        negative = self._negatives.contrast(users, items, batch, generator)
        excess = torch.dot(negative.count, (negative.score - self._margin).clamp_min(0).mean(dim=1))
        positive = sum_of_dots(users, items, batch.my_users, batch.my_items)
        return (len(batch.my_users) - positive + self._weight * excess) / len(batch)

    def ranking_vectors(
        self, users: Float[Tensor, "users width"], items: Float[Tensor, "items width"]
    ) -> tuple[Float[Tensor, "users ranking_width"], Float[Tensor, "items ranking_width"]]:
        """See `Loss.ranking_vectors`."""
        return self._ranking.vectors(users, items)

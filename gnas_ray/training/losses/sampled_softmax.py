"""Softmax over the positive and a few random items."""

import torch
from jaxtyping import Float
from torch import Tensor

from gnas_ray.training.batches import Batch, Positives
from gnas_ray.training.losses.base import Loss
from gnas_ray.training.negatives import UniformNegatives
from gnas_ray.training.options import LossOptions


class SampledSoftmax(Loss):
    """Cross-entropy of the positive among itself and `num_negatives` uniform negatives of its own.

    (Wu et al. 2022, arXiv:2201.02327, equation 5.)
    """

    def __init__(self, options: LossOptions, positives: Positives) -> None:
        self._temperature = options.temperature
        self._num_negatives = options.num_negatives
        self._negatives = UniformNegatives(positives)

    def __call__(
        self,
        users: Float[Tensor, "users width"],
        items: Float[Tensor, "items width"],
        batch: Batch,
        generator: torch.Generator,
    ) -> Float[Tensor, ""]:
        """See `Loss.__call__`."""
        drawn = self._negatives.draw(batch.user_index, self._num_negatives, generator)[batch.mine]
        user = users.index_select(0, batch.my_users) / self._temperature
        positive = (user * items.index_select(0, batch.my_items)).sum(dim=1, keepdim=True)
        vectors = items.index_select(0, drawn.flatten()).view(*drawn.shape, -1)
        scores = torch.cat([positive, torch.einsum("md,mkd->mk", user, vectors)], dim=1)
        return (scores.logsumexp(dim=1, keepdim=True) - positive).sum() / len(batch)

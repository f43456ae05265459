"""Softmax over the positive and a few random items."""

import torch
from jaxtyping import Float
from torch import Tensor

from gnas_ray.training.batches import Batch, Positives
from gnas_ray.training.losses.base import Loss
from gnas_ray.training.losses.shared_negatives import SharedNegatives
from gnas_ray.training.options import LossOptions


class SampledSoftmax(Loss):
    """Cross-entropy of the positive among itself and `num_negatives` drawn items.

    Wu et al. 2022 (arXiv:2201.02327, equation 5), with two differences. The negatives are drawn per user of the
    batch and shared by the user's positives there; and they stand for the rest of the catalogue: each score is
    corrected by how many items its item stands for (log-Q), so that temperature means what it means in the full
    softmax, whatever the negatives are drawn by. As there, an item may be a negative although the user likes it, but
    not of itself: such a draw does not count.
    """

    def __init__(self, options: LossOptions, positives: Positives) -> None:
        self._temperature = options.temperature
        self._negatives = SharedNegatives(options, positives, avoid_positives=False)

    def __call__(
        self,
        users: Float[Tensor, "users width"],
        items: Float[Tensor, "items width"],
        batch: Batch,
        generator: torch.Generator,
    ) -> Float[Tensor, ""]:
        """See `Loss.__call__`."""
        users = users / self._temperature
        negative = self._negatives.contrast(users, items, batch, generator)
        others = (negative.score + negative.log_weight).index_select(0, negative.place)
        is_positive = negative.item_index.index_select(0, negative.place) == batch.my_items.unsqueeze(1)
        rest = others.masked_fill_(is_positive, torch.finfo(others.dtype).min).logsumexp(dim=1)
        positive = (users.index_select(0, batch.my_users) * items.index_select(0, batch.my_items)).sum(dim=1)
        return (torch.logaddexp(positive, rest) - positive).sum() / len(batch)

    def ranking_vectors(
        self, users: Float[Tensor, "users width"], items: Float[Tensor, "items width"]
    ) -> tuple[Float[Tensor, "users width"], Float[Tensor, "items width"]]:
        """See `Loss.ranking_vectors`."""
        return users, items

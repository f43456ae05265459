"""Softmax over the positive and a few random items."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from gnas_ray.training.batches import Batch, Positives
from gnas_ray.training.losses.base import Loss
from gnas_ray.training.losses.sampled_scores import sampled_scores
from gnas_ray.training.options import LossOptions


class SampledSoftmax(Loss):
    """Cross-entropy of the positive among itself and `num_negatives` uniform items.

    Wu et al. 2022 (arXiv:2201.02327, equation 5), with two differences. The negatives are drawn per user of the
    batch and shared by the user's positives there; and they stand for the whole catalogue: their sum of
    exponentials is multiplied by items / negatives, so that temperature means what it means in the full softmax.
    As there, an item may be a negative although the user likes it.
    """

    def __init__(self, options: LossOptions, positives: Positives) -> None:
        self._temperature = options.temperature
        self._num_negatives = min(options.num_negatives, positives.num_items)
        self._num_items = positives.num_items
        self._log_weight = math.log(positives.num_items / self._num_negatives)

    def __call__(
        self,
        users: Float[Tensor, "users width"],
        items: Float[Tensor, "items width"],
        batch: Batch,
        generator: torch.Generator,
    ) -> Float[Tensor, ""]:
        """See `Loss.__call__`."""
        users = users / self._temperature
        distinct, place = torch.unique(batch.user_index, return_inverse=True)
        shape = (len(distinct), self._num_negatives)
        drawn = torch.randint(self._num_items, shape, generator=generator, device=generator.device)
        mine, place = torch.unique(place[batch.mine], return_inverse=True)
        negative = sampled_scores(users.index_select(0, distinct[mine]), items, drawn[mine])
        rest = (negative.logsumexp(dim=1) + self._log_weight).index_select(0, place)
        user, item = users.index_select(0, batch.my_users), items.index_select(0, batch.my_items)
        positive = (user * item).sum(dim=1)
        return (torch.logaddexp(positive, rest) - positive).sum() / len(batch)

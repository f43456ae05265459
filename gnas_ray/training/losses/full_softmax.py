"""Softmax over all items."""

import torch
from jaxtyping import Float
from torch import Tensor

from gnas_ray.training.batches import Batch, Positives
from gnas_ray.training.distinct import Distinct
from gnas_ray.training.losses.base import Loss
from gnas_ray.training.losses.softmax import sum_log_sum_exp, sum_of_dots
from gnas_ray.training.options import LossOptions


class FullSoftmax(Loss):
    """Cross-entropy of the positive among all items (multinomial likelihood, Liang et al. 2018, arXiv:1802.05814).

    Scores are computed once for each different user of the batch, however many positives the user has there.
    """

    def __init__(self, options: LossOptions, positives: Positives) -> None:
        self._temperature = options.temperature

    def __call__(
        self,
        users: Float[Tensor, "users width"],
        items: Float[Tensor, "items width"],
        batch: Batch,
        generator: torch.Generator,
    ) -> Float[Tensor, ""]:
        """See `Loss.__call__`."""
        users = users / self._temperature
        distinct = Distinct.of(batch.my_users, len(users))
        rows = users.index_select(0, distinct.index)
        partition = sum_log_sum_exp(rows, items, weight=distinct.count)
        return (partition - sum_of_dots(users, items, batch.my_users, batch.my_items)) / len(batch)

    def ranking_vectors(
        self, users: Float[Tensor, "users width"], items: Float[Tensor, "items width"]
    ) -> tuple[Float[Tensor, "users width"], Float[Tensor, "items width"]]:
        """See `Loss.ranking_vectors`."""
        return users, items

"""What a loss is."""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor

from gnas_ray.training.batches import Batch, Positives
from gnas_ray.training.options import LossOptions


class Loss(ABC):
    """Constructed once a trial as ``Member(options, positives)``."""

    @abstractmethod
    def __init__(self, options: LossOptions, positives: Positives) -> None: ...

    @abstractmethod
    def __call__(
        self,
        users: Float[Tensor, "users width"],
        items: Float[Tensor, "items width"],
        batch: Batch,
        generator: torch.Generator,
    ) -> Float[Tensor, ""]:
        """The rank's share of the batch's mean loss: the sum over ``batch.mine``, divided by ``len(batch)``.

        Args:
            users: Vectors of all users.
            items: Vectors of all items.
            batch: The positives.
            generator: Equal on all ranks, so whatever is drawn must be drawn for the whole batch on each.
        """

    @abstractmethod
    def ranking_vectors(
        self, users: Float[Tensor, "users width"], items: Float[Tensor, "items width"]
    ) -> tuple[Float[Tensor, "users ranking_width"], Float[Tensor, "items ranking_width"]]:
        """What evaluation and serving rank by, whose plain dot products stand for the scores that were trained.

        Args:
            users: Vectors of all users, float32.
            items: Vectors of all items, float32.
        """

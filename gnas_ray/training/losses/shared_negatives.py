"""Negatives that the positives of a user share."""

from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gnas_ray.training.batches import Batch, Positives
from gnas_ray.training.distinct import Distinct
from gnas_ray.training.losses.sampled_scores import sampled_scores
from gnas_ray.training.negatives import Asked, build_negatives
from gnas_ray.training.options import LossOptions


@dataclass(frozen=True)
class Contrast:
    """The negatives of each different user among a batch's `mine`.

    Attributes:
        place: Of every positive its user's row in the others.
        count: Positives of each user.
        item_index: The negatives.
        score: Theirs, differentiable.
        log_weight: See `negatives.Drawn`.
    """

    place: Int[Tensor, " positives"]
    count: Float[Tensor, " users"]
    item_index: Int[Tensor, "users k"]
    score: Float[Tensor, "users k"]
    log_weight: Float[Tensor, "users k"]


class SharedNegatives:
    """Draws `num_negatives` for every user of a batch, however many positives the user has there."""

    def __init__(self, options: LossOptions, positives: Positives, *, avoid_positives: bool) -> None:
        self._negatives, self._avoid_positives = build_negatives(options, positives), avoid_positives
        self._num_negatives = min(options.num_negatives, positives.num_items)

    def contrast(
        self,
        users: Float[Tensor, "users width"],
        items: Float[Tensor, "items width"],
        batch: Batch,
        generator: torch.Generator,
    ) -> Contrast:
        """Arguments as of `Loss.__call__`."""
        distinct = Distinct.of(batch.user_index, len(users))
        mine = Distinct.of(distinct.place[batch.mine], len(distinct.index))
        score = partial(sampled_scores, users.index_select(0, distinct.index[mine.index]), items)
        asked = Asked(distinct.index, mine.index, self._num_negatives, score, self._avoid_positives)
        drawn = self._negatives.draw(asked, generator)
        return Contrast(mine.place, mine.count, drawn.item_index, score(drawn.item_index), drawn.log_weight)

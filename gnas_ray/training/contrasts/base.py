"""What a contrastive term is."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from gnas_ray.models.recommender import Recommender
from gnas_ray.models.view import View
from gnas_ray.training.batches import Batch, rank_slice
from gnas_ray.training.distinct import Distinct
from gnas_ray.training.losses.softmax import sum_log_sum_exp
from gnas_ray.training.options import LossOptions
from gnas_ray.training.ranks import Ranks

Vectors = tuple[Float[Tensor, "users width"], Float[Tensor, "items width"]]

_TEMPERATURE = 0.2
"""The constant of SGL (Wu et al. 2021, arXiv:2010.10783) and of SimGCL (arXiv:2112.08679, section 5.1)."""


class Contrast(ABC):
    """Runs the recommender for a step and adds a term: views of one node agree, views of others don't.

    Constructed once a trial as ``Member(options, recommender)``.

    Attributes:
        num_propagations: In a step: the batch's, and those of views.
        changes_graph: Whether views have another graph every epoch.
    """

    num_propagations: ClassVar[int] = 3
    changes_graph: ClassVar[bool] = False

    def __init__(self, options: LossOptions, recommender: Recommender) -> None:
        self._options = options
        self._recommender = recommender

    def start_epoch(self, seed: int) -> None:  # noqa: B027 - most draw nothing for an epoch
        """Draw what stays for an epoch; all ranks pass the same seed."""

    @abstractmethod
    def __call__(self, view: View, batch: Batch, ranks: Ranks) -> tuple[Vectors, Float[Tensor, ""]]:
        """A step's vectors of all users and all items in `view`, for the loss, and the rank's share of the term."""

    def _beside(self, view: View) -> Vectors:
        """All vectors in a view of the term's own; what normalisations keep to rank by does not hear of it."""
        norms = [part for part in self._recommender.modules() if isinstance(part, nn.BatchNorm1d)]
        momenta = [norm.momentum for norm in norms]
        for norm in norms:
            norm.momentum = 0.0
        vectors: Vectors = self._recommender(view)
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        return vectors


def agreement(first: Vectors, second: Vectors, batch: Batch, ranks: Ranks) -> Float[Tensor, ""]:
    """The rank's share of InfoNCE over the batch's users and items (Yu et al. 2022, arXiv:2112.08679, equation 4)."""
    users = _info_nce(first[0], second[0], Distinct.of(batch.user_index, len(first[0])), ranks)
    items = _info_nce(first[1], second[1], Distinct.of(batch.item_index, len(first[1])), ranks)
    return users + items


def _info_nce(
    first: Float[Tensor, "n width"], second: Float[Tensor, "n width"], nodes: Distinct, ranks: Ranks
) -> Float[Tensor, ""]:
    first, second = first.float(), second.float()  # gradients of many rows are added up in it
    mine = rank_slice(len(nodes.index), ranks)
    rows = F.normalize(first.index_select(0, nodes.index[mine]), dim=1) / _TEMPERATURE
    columns = F.normalize(second.index_select(0, nodes.index), dim=1)
    partition = sum_log_sum_exp(rows, columns, weight=nodes.occurs[mine], bias=nodes.occurs.log())
    return (partition - torch.dot(nodes.occurs[mine], (rows * columns[mine]).sum(dim=1))) / nodes.occurs.sum()

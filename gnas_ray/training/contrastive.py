"""An optional second term: two noisy views of a node should agree."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from gnas_ray.models.recommender import Recommender
from gnas_ray.training.batches import Batch, rank_slice
from gnas_ray.training.losses.softmax import sum_log_sum_exp
from gnas_ray.training.ranks import Ranks

_TEMPERATURE = 0.2
"""SimGCL's constant (Yu et al. 2022, arXiv:2112.08679, section 5.1)."""


def simgcl(recommender: Recommender, batch: Batch, *, noise: float, ranks: Ranks) -> Float[Tensor, ""]:
    """The rank's share of SimGCL's InfoNCE over the batch's users and items (arXiv:2112.08679, equation 4).

    Costs two more propagations a step.
    """
    first, second = recommender(noise=noise), recommender(noise=noise)
    users = _info_nce(first[0], second[0], torch.unique(batch.user_index), ranks)
    items = _info_nce(first[1], second[1], torch.unique(batch.item_index), ranks)
    return users + items


def _info_nce(
    first: Float[Tensor, "n width"], second: Float[Tensor, "n width"], index: Int[Tensor, " m"], ranks: Ranks
) -> Float[Tensor, ""]:
    mine = rank_slice(len(index), ranks)
    rows = F.normalize(first.index_select(0, index[mine]), dim=1) / _TEMPERATURE
    columns = F.normalize(second.index_select(0, index), dim=1)
    partition = sum_log_sum_exp(rows, columns, weight=torch.ones(len(rows), device=rows.device))
    return (partition - (rows * columns[mine]).sum()) / len(index)

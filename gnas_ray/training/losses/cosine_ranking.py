"""Ranking by what was trained as cosines."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from gnas_ray.training.batches import Positives
from gnas_ray.training.options import LossOptions


class CosineRanking:
    """Score: ``cos(user, item) + popularity_weight log(share of the interactions)``.

    A cosine leaves no room for an item's popularity, and what repels items the more often they occur removes it: such
    scores are like log p(item | user) / p(item), and ranking wants p(item | user). The share counts one interaction
    more of every item, so that cold ones have a score. Validation NDCG@20 on MovieLens-100K, best epoch of a LightGCN
    with text (3 layers, width 64, one seed):

    | loss | products of the vectors as they are | cosines | and popularity |
    |---|---|---|---|
    | DirectAU, uniformity 1 | .122 | .088 | .274 (weight 0.2) |
    | DirectAU, uniformity 0.7, less dropout | | .087 | .283 (weight 0.3) |
    | SimpleX, margin 0.2 | .255 | .259 | .274 (weight 0.2) |
    | SimpleX, margin 0.6 | .231 | .269 | .281 (weight 0.05) |
    """

    def __init__(self, options: LossOptions, positives: Positives) -> None:
        counts = torch.bincount(positives.item_index, minlength=positives.num_items) + 1
        self._offset = options.popularity_weight * (counts / counts.sum()).log()

    def vectors(
        self, users: Float[Tensor, "users width"], items: Float[Tensor, "items width"]
    ) -> tuple[Float[Tensor, "users ranking_width"], Float[Tensor, "items ranking_width"]]:
        """Unit vectors and one more coordinate: 1 for users, the popularity's part for items."""
        ones = torch.ones(len(users), 1, device=users.device)
        users, items = F.normalize(users, dim=1), F.normalize(items, dim=1)
        return torch.cat([users, ones], dim=1), torch.cat([items, self._offset.unsqueeze(1)], dim=1)

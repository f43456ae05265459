"""EASE's scores (Steck 2019, arXiv:1905.03375) in as few numbers a user as an embedding has."""

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float
from scipy.sparse import csr_matrix
from torch import Tensor
from typing_extensions import override

from gnas_ray.models.baselines.ease import Ease
from gnas_ray.models.channels.base import Channel
from gnas_ray.models.channels.low_rank import low_rank
from gnas_ray.models.vectors import Vectors


@dataclass(frozen=True)
class EaseChannel(Channel):
    """X B of rank 64, with X the interactions (users, items) and B EASE's weights (items, items).

    Attributes:
        regularisation: λ of `Ease`.
    """

    # Validation NDCG@20 of LightGCN + EASE on MovieLens-100K at weight .2, mean over two seeds and regularisation 200
    # and 500: .3108, .3095, .3110 with rank 64, 128, 256. So the cheapest.
    rank: ClassVar[int] = 64
    weighs_item_pairs: ClassVar[bool] = True

    regularisation: float = 500.0

    @override
    def fit(self, interactions: csr_matrix, text: Float[Tensor, "items dim"] | None = None) -> Vectors:
        weights = Ease(self.regularisation).weights(interactions)
        return low_rank(interactions, weights.__matmul__, weights.T.__matmul__, rank=self.rank)

"""Matrix factorisation of implicit feedback by alternating least squares (Hu, Koren & Volinsky 2008)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import torch
from jaxtyping import Float
from scipy.sparse import csr_matrix
from torch import Tensor
from typing_extensions import override

from gnas_ray.models.baselines.base import Baseline, Scorer

_FACTORS = (64, 128)
_ALPHAS = (1.0, 2.0, 4.0, 8.0, 16.0)
# Good regularisation grows with the confidence (Rendle et al. 2022, arXiv:2110.14037, tune it as widely as this), so
# the grid follows the diagonal: on MovieLens-100K the best was 10 times alpha, on HetRec Last.fm 5 times.
_REGULARISATION_BY_ALPHA = (2.5, 5.0, 7.0, 10.0)


@dataclass(frozen=True)
class Ials(Baseline):
    """`implicit`'s alternating least squares.

    Attributes:
        factors: Length of the vectors.
        alpha: Confidence in an interaction; that in an absent one is 1.
        regularisation: Of the vectors' squared length.
        iterations: Sweeps over users and items.
        seed: Of the starting vectors.
    """

    factors: int = 64
    alpha: float = 2.0
    regularisation: float = 20.0
    iterations: int = 10
    seed: int = 0

    @override
    @classmethod
    def grid(cls) -> tuple[Ials, ...]:
        settings = product(_FACTORS, _ALPHAS, _REGULARISATION_BY_ALPHA)
        return tuple(cls(factors, alpha, ratio * alpha) for factors, alpha, ratio in settings)

    @override
    def fit(self, interactions: csr_matrix) -> Scorer:
        user_vectors, item_vectors = self.factorise(interactions)
        return lambda users: user_vectors[users] @ item_vectors.T

    def factorise(self, interactions: csr_matrix) -> tuple[Float[Tensor, "users rank"], Float[Tensor, "items rank"]]:
        """Users' and items' vectors, whose product is the score."""
        from implicit.cpu.als import AlternatingLeastSquares

        model = AlternatingLeastSquares(
            factors=self.factors,
            alpha=self.alpha,
            regularization=self.regularisation,
            iterations=self.iterations,
            random_state=self.seed,
            num_threads=torch.get_num_threads(),
        )
        # A copy, because implicit 0.7.3 refuses arrays that are read-only, as memory-mapped data are.
        model.fit(interactions.copy(), show_progress=False)
        return torch.from_numpy(model.user_factors), torch.from_numpy(model.item_factors)

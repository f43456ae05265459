"""A linear item-item model's scores in few numbers a user."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from scipy.sparse import csr_matrix

from gnas_ray.models.vectors import Vectors

_EXTRA, _SWEEPS = 16, 6
_LEAST = 1e-3
"""Of the greatest √S: what is smaller is rounding, and would be divided by."""

Product = Callable[[Float[np.ndarray, "items columns"]], Float[np.ndarray, "items columns"]]
"""A matrix (items, items) times another."""


def low_rank(interactions: csr_matrix, weights: Product, transposed: Product, *, rank: int) -> Vectors:
    """X B ≈ U S Vᵀ, the best of its rank, with X the interactions (users, items) and B the weights (items, items).

    A user's vector is a row of U √S = X B V / √S, so that an item's key is one of B V / √S; its vector is one of V √S.
    Randomised subspace iteration (Halko, Martinsson & Tropp 2011, arXiv:0909.4061, algorithms 4.4 and 5.1), which never
    forms the (users, items) scores, nor B.

    Args:
        interactions: X.
        weights: Multiplies by B.
        transposed: Multiplies by Bᵀ.
        rank: Length of the vectors, where there are as many users and items.
    """
    start = np.random.default_rng(0).standard_normal((interactions.shape[1], rank + _EXTRA), dtype=np.float32)
    basis, _ = np.linalg.qr(interactions @ weights(start))
    for _ in range(_SWEEPS):
        back, _ = np.linalg.qr(transposed(interactions.T @ basis))
        basis, _ = np.linalg.qr(interactions @ weights(back))
    _, strengths, right = np.linalg.svd(transposed(interactions.T @ basis).T, full_matrices=False)
    roots, right = np.sqrt(strengths[:rank]), np.ascontiguousarray(right[:rank].T)
    keys = weights(right) * np.divide(1, roots, out=np.zeros_like(roots), where=roots > _LEAST * roots.max(initial=0))
    users, items, keys = (np.ascontiguousarray(a, dtype=np.float32) for a in (interactions @ keys, right * roots, keys))
    return Vectors(torch.from_numpy(users), torch.from_numpy(items), torch.from_numpy(keys))

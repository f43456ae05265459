"""Items that the same users liked (Sarwar et al. 2001; Deshpande & Karypis 2004)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from jaxtyping import Float
from scipy.sparse import csr_matrix, vstack
from typing_extensions import override

from gnas_ray.models.baselines.base import Baseline, Scorer

# Similarities held at once, so that a large catalogue doesn't need (items)² of memory.
_SIMILARITIES_PER_BLOCK = 16 << 20


@dataclass(frozen=True)
class ItemKnn(Baseline):
    """Scores an item by its summed similarity to the user's items, among its nearest neighbours only.

    Similarity of i and j is the cosine of their users, shrunk where few stand behind it:
    ``common / (sqrt(users_i * users_j) + shrink)``.

    Attributes:
        neighbours: How many similar items every item keeps.
        shrink: Added to the denominator.
    """

    neighbours: int = 100
    shrink: float = 0.0

    @override
    @classmethod
    def grid(cls) -> tuple[ItemKnn, ...]:
        return tuple(cls(*settings) for settings in product((20, 50, 100, 200, 400), (0.0, 10.0, 30.0, 100.0)))

    @override
    def fit(self, interactions: csr_matrix) -> Scorer:
        num_items = interactions.shape[1]
        by_item = interactions.T.tocsr()
        norms = np.sqrt(np.diff(by_item.indptr)).astype(np.float32)
        step = max(_SIMILARITIES_PER_BLOCK // num_items, 1)
        blocks = []
        for first in range(0, num_items, step):
            common = (by_item[first : first + step] @ interactions).toarray()
            blocks.append(self._keep_nearest(_similarity(common, norms, first, shrink=self.shrink)))
        weights = vstack(blocks).T.tocsr()  # column j holds the neighbours of j
        return lambda users: torch.from_numpy((interactions[users.numpy()] @ weights).toarray())

    def _keep_nearest(self, similarity: Float[np.ndarray, "block items"]) -> csr_matrix:
        num_items = similarity.shape[1]
        values, nearest = torch.from_numpy(similarity).topk(min(self.neighbours, num_items))
        ends = np.arange(len(similarity) + 1) * values.shape[1]
        kept = csr_matrix((values.numpy().ravel(), nearest.numpy().ravel(), ends), shape=similarity.shape)
        kept.eliminate_zeros()
        return kept


def _similarity(
    common: Float[np.ndarray, "block items"], norms: Float[np.ndarray, "items"], first: int, *, shrink: float
) -> Float[np.ndarray, "block items"]:
    """Similarities of the items from `first` on to all; none to themselves."""
    block = slice(first, first + len(common))
    denominator = norms[block, None] * norms + np.float32(shrink)
    similarity: Float[np.ndarray, "block items"] = np.zeros_like(common)
    np.divide(common, denominator, out=similarity, where=denominator > 0)
    similarity[np.arange(len(common)), np.arange(first, first + len(common))] = 0
    return similarity

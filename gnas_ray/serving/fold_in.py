"""Users who came after training, from the items they touched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

_RIDGE = 1e-3
"""Of the mean squared deviation of the inputs, so that it fits vectors of any length."""


@dataclass(frozen=True)
class FoldIn:
    """A linear map from the mean of a user's item vectors to the user's own vector.

    Fitted to the known users by ridge regression, so it needs nothing of a recommender but its vectors, whatever made
    them: embeddings, any operator and readout, a linear channel beside them.

    MovieLens-100K, 189 users held out whole and the recommender trained on the others: test NDCG@20 of the held-out
    users folded in, over theirs when trained on. Also the best ridge from the items themselves to the vector, the mean
    of the item vectors as it is, and the mean vector of the 20 users with the most similar items (cosine).
    `scripts/bench_cold_start --parts users` makes the table:

    =========================  =====  ===========  =====  ========
    recommender                here   items ridge  mean   20 users
    =========================  =====  ===========  =====  ========
    matrix factorisation       .958   .910         .651   .933
    LightGCN                   .949   .894         .789   .944
    LightGCN, text             1.000  .929         .862   .955
    LightGCN, text, EASE       .958   .930         .817   .888
    NGCF, text                 .966   .908         .813   .959
    GraphSAGE, text            .950   .876         .830   .956
    =========================  =====  ===========  =====  ========

    Attributes:
        weights: (width, width) float32.
        offset: (width,) float32.
    """

    weights: NDArray[np.float32]
    offset: NDArray[np.float32]

    @classmethod
    def fit(
        cls,
        user_vectors: Float[np.ndarray, "users width"],
        item_vectors: Float[np.ndarray, "items width"],
        seen: csr_matrix,
    ) -> FoldIn:
        """The map that suits the users who have seen something; `seen` is (users, items)."""
        num_seen = np.diff(seen.indptr)
        known = np.flatnonzero(num_seen)
        inputs = (seen[known] @ item_vectors).astype(np.float64) / num_seen[known, None]
        outputs = user_vectors[known].astype(np.float64)
        centre, target = inputs.mean(axis=0), outputs.mean(axis=0)
        deviations = inputs - centre
        gram = deviations.T @ deviations
        gram[np.diag_indices(len(gram))] += _RIDGE * np.trace(gram) / len(gram) + np.finfo(np.float64).tiny
        weights = np.linalg.solve(gram, deviations.T @ (outputs - target))
        return cls(weights.astype(np.float32), (target - centre @ weights).astype(np.float32))

    def user_vector(self, item_vectors: Float[np.ndarray, "touched width"]) -> Float[np.ndarray, "width"]:
        """The vector of a user who touched these items, at least one."""
        vector: NDArray[np.float32] = item_vectors.mean(axis=0) @ self.weights + self.offset
        return vector

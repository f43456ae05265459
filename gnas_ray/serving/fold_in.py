"""Users who came after training, from the items they touched."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

_RIDGES = (1e-3, 1e-2, 1e-1, 1.0)
"""Of the mean squared deviation of the inputs, so that they fit vectors of any length."""
_OPERATIONS = 2e10
"""Users, or items, times their vectors' width squared: what takes some seconds. Of more of them some are taken."""
_FEWEST = 1000


@dataclass(frozen=True)
class FoldIn:
    """A linear map from the mean of a user's item vectors to the user's own vector; and the items' keys, added up.

    Fitted to the known users by ridge regression, so it needs nothing of a network but its vectors, whatever made them:
    embeddings, any operator and readout. The ridge is the one of `_RIDGES` by which scores of users left out one by one
    err least: wide vectors need more of it. Where a linear channel's part of a vector is a sum over items, that is
    what it is (`models.vectors.Vectors`).

    MovieLens-100K, 189 users held out whole and the recommender trained on the others: test NDCG@20 of the held-out
    users folded in, over theirs when trained on. Also the best ridge from the items themselves to the vector, the mean
    of the item vectors as it is, and the mean vector of the 20 users with the most similar items (cosine).
    `scripts/bench_cold_start --parts users` makes the table:

    ===========================  =====  ===========  =====  ========
    recommender                  here   items ridge  mean   20 users
    ===========================  =====  ===========  =====  ========
    matrix factorisation         .958   .910         .651   .933
    LightGCN                     .953   .894         .789   .944
    LightGCN, text               1.000  .929         .862   .955
    LightGCN, text, EASE         .990   .977         .802   .870
    LightGCN, text, autoencoder  .978   .985         .795   .876
    NGCF, text                   .966   .908         .813   .959
    GraphSAGE, text              .950   .876         .830   .956
    ===========================  =====  ===========  =====  ========

    Attributes:
        columns: (learned,) which of the vectors' columns are learned; the others are sums of keys.
        weights: (learned, learned) float32.
        offset: (learned,) float32.
    """

    columns: NDArray[np.intp]
    weights: NDArray[np.float32]
    offset: NDArray[np.float32]

    @classmethod
    def fit(
        cls,
        user_vectors: Float[np.ndarray, "users width"],
        item_vectors: Float[np.ndarray, "items width"],
        seen: csr_matrix,
        item_keys: Float[np.ndarray, "items width"] | None = None,
    ) -> FoldIn:
        """The map that suits the users who have seen something; `seen` is (users, items), of ones."""
        width = user_vectors.shape[1]
        columns = np.arange(width) if item_keys is None else np.flatnonzero(~item_keys.any(axis=0))
        item_vectors = item_vectors[:, columns]
        num_seen = np.diff(seen.indptr)
        known = _at_most(np.flatnonzero(num_seen), width=len(columns))
        inputs = (seen[known] @ item_vectors).astype(np.float64) / num_seen[known, None]
        outputs = user_vectors[np.ix_(known, columns)].astype(np.float64)
        centre, target = inputs.mean(axis=0), outputs.mean(axis=0)
        weights = _ridge_weights(inputs - centre, outputs - target, item_vectors)
        return cls(columns, weights.astype(np.float32), (target - centre @ weights).astype(np.float32))

    def user_vector(
        self,
        item_vectors: Float[np.ndarray, "touched width"],
        item_keys: Float[np.ndarray, "touched width"] | None = None,
    ) -> Float[np.ndarray, "width"]:
        """The vector of a user who touched these items, at least one; with keys where it was fitted with them."""
        vector: NDArray[np.float32] = np.zeros_like(item_vectors[0]) if item_keys is None else item_keys.sum(axis=0)
        vector[self.columns] = item_vectors[:, self.columns].mean(axis=0) @ self.weights + self.offset
        return vector

    def vectors_without_each(
        self,
        item_vectors: Float[np.ndarray, "touched width"],
        item_keys: Float[np.ndarray, "touched width"] | None = None,
    ) -> Float[np.ndarray, "touched width"]:
        """The `user_vector` of who touched all but one of these items, two at least, for each of them left out."""
        keys = np.zeros_like(item_vectors) if item_keys is None else item_keys
        vectors: NDArray[np.float32] = keys.sum(axis=0) - keys
        learned = item_vectors[:, self.columns]
        others = (learned.sum(axis=0) - learned) / (len(learned) - 1)
        vectors[:, self.columns] = others @ self.weights + self.offset
        return vectors


def _at_most(rows: NDArray[Any], *, width: int) -> NDArray[Any]:
    """Every so many-th of `rows`, so that their products are done in some seconds."""
    most = max(int(_OPERATIONS) // width**2, _FEWEST)
    return rows[:: math.ceil(len(rows) / most)]


def _ridge_weights(
    inputs: Float[np.ndarray, "users width"],
    outputs: Float[np.ndarray, "users width"],
    item_vectors: Float[np.ndarray, "items width"],
) -> Float[np.ndarray, "width width"]:
    """Of centred inputs and outputs, by the singular values of the inputs.

    A user left out is predicted without a fit of its own: its error is the fitted one's over what the user does not
    weigh in it (Hastie, Tibshirani & Friedman 2009, equation 7.52). Errors are those of scores, less each user's mean.
    """
    items = _at_most(item_vectors, width=inputs.shape[1]).astype(np.float64)
    items -= items.mean(axis=0)
    gram = items.T @ items
    left, values, right = np.linalg.svd(inputs, full_matrices=False)
    outputs_along = left.T @ outputs
    unit = float(np.square(values).sum()) / inputs.shape[1] + np.finfo(np.float64).tiny

    def error_left_out(ridge: float) -> float:
        kept = np.square(values) / (np.square(values) + ridge * unit)
        own_weight = np.square(left) @ kept + 1 / len(inputs)
        errors = (outputs - left @ (kept[:, None] * outputs_along)) / np.maximum(1 - own_weight, 1e-12)[:, None]
        return float(((errors @ gram) * errors).sum())

    ridge = min(_RIDGES, key=error_left_out)
    weights: Float[np.ndarray, "width width"] = right.T @ (
        (values / (np.square(values) + ridge * unit))[:, None] * outputs_along
    )
    return weights

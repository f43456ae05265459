"""Which nodes are neighbours: interactions, fewer of them, or items with similar texts."""

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.sparse import coo_matrix, csr_matrix
from torch import Tensor

_SMALLEST_WEIGHT = 0.1

_SIMILARITY_BYTES = 64 * 2**20
"""Bytes that one block of item-item similarities may take."""


def relative_weights(ratings: csr_matrix) -> csr_matrix:
    """Ratings over the mean of those above 0, so that where all are the average edge weighs 1.

    A rating of 0 or less would be no edge, or one that pushes away; it weighs a tenth of the mean instead.
    """
    positive = ratings.data[ratings.data > 0]
    mean = float(positive.mean()) if len(positive) else 1.0
    weights = ratings.copy()
    weights.data = np.maximum(ratings.data / mean, _SMALLEST_WEIGHT).astype(np.float32)
    return weights


def bipartite_adjacency(interactions: csr_matrix) -> csr_matrix:
    """The symmetric nodes x nodes matrix: users are nodes 0..num_users-1, then the items."""
    num_users, num_items = interactions.shape
    pairs = interactions.tocoo()
    row = np.concatenate([pairs.row, pairs.col + num_users])
    column = np.concatenate([pairs.col + num_users, pairs.row])
    size = num_users + num_items
    return coo_matrix((np.tile(pairs.data, 2), (row, column)), shape=(size, size)).tocsr()


def cap_neighbours(adjacency: csr_matrix, cap: int, generator: np.random.Generator) -> csr_matrix:
    """At most `cap` entries a row, drawn without replacement; the result is directed.

    GraphSAGE's neighbour sampling (Hamilton et al. 2017, arXiv:1706.02216, section 3.1), drawn once instead of
    at every step so that the normalisation stays constant.
    """
    pairs = adjacency.tocoo()
    order = np.lexsort((generator.random(pairs.nnz), pairs.row))
    row = pairs.row[order]
    starts = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=adjacency.shape[0]))])
    rank = np.arange(pairs.nnz) - starts[row]
    keep = order[rank < cap]
    return coo_matrix((pairs.data[keep], (pairs.row[keep], pairs.col[keep])), shape=adjacency.shape).tocsr()


def similar_items(
    text: Float[Tensor, "items dim"], has_text: Bool[Tensor, " items"], *, num_neighbours: int
) -> csr_matrix:
    """Symmetric items x items 0/1 matrix: an edge where either is among the other's nearest by cosine.

    Items without a text have no edges, nobody is its own neighbour. Time grows with the square of the number of
    items, memory is bounded by a block of rows.
    """
    (known,) = torch.nonzero(has_text, as_tuple=True)
    vectors = torch.nn.functional.normalize(text[known].float(), dim=1)
    num_neighbours = min(num_neighbours, len(known) - 1)
    num_items = text.shape[0]
    if num_neighbours < 1:
        return csr_matrix((num_items, num_items), dtype=np.float32)
    nearest = known[_nearest(vectors, num_neighbours)].flatten().numpy()
    row = known.repeat_interleave(num_neighbours).numpy()
    ones = np.ones(len(row), dtype=np.float32)
    directed = coo_matrix((ones, (row, nearest)), shape=(num_items, num_items)).tocsr()
    return directed.maximum(directed.T).tocsr()


def _nearest(vectors: Tensor, num_neighbours: int) -> Tensor:
    block = max(1, _SIMILARITY_BYTES // (4 * len(vectors)))
    found = []
    for start in range(0, len(vectors), block):
        similarity = vectors[start : start + block] @ vectors.T
        similarity.diagonal(offset=start).fill_(-torch.inf)
        found.append(similarity.topk(num_neighbours, dim=1).indices)
    return torch.cat(found)

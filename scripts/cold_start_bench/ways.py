"""Ways from the items that a user touched to the user's vector: ours, and what it was chosen over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from gnas_ray.serving.fold_in import FoldIn

NUM_SIMILAR = 20
RIDGES = tuple(10.0**power for power in range(-1, 6))

Vectors = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Newcomers:
    """Users who were held out, and what was learned from the others.

    Attributes:
        user_vectors: The others', (others, width).
        item_vectors: (items, width).
        item_keys: (items, width) or None.
        seen: What the others touched, at least an item each, (others, items) of ones.
        histories: What the newcomers touched, at least an item each, (newcomers, items) of ones.
    """

    user_vectors: Vectors
    item_vectors: Vectors
    item_keys: Vectors | None
    seen: csr_matrix
    histories: csr_matrix


def fold_in(new: Newcomers) -> Iterator[Vectors]:
    """As a bundle does it."""
    vectors, keys = new.item_vectors, new.item_keys
    fitted = FoldIn.fit(new.user_vectors, vectors, new.seen, keys)
    touched = [row.indices for row in new.histories]
    yield np.stack([fitted.user_vector(vectors[items], None if keys is None else keys[items]) for items in touched])


def items_ridge(new: Newcomers) -> Iterator[Vectors]:
    """Ridge regression from a zero or one for every item to the vector, for each of `RIDGES`.

    In its dual form: there are fewer users than items.
    """
    centre, target = np.asarray(new.seen.mean(axis=0)), new.user_vectors.mean(axis=0)
    inputs = new.seen.toarray() - centre
    gram = inputs @ inputs.T
    products = (new.histories.toarray() - centre) @ inputs.T
    for ridge in RIDGES:
        yield products @ np.linalg.solve(gram + ridge * np.eye(len(gram)), new.user_vectors - target) + target


def mean(new: Newcomers) -> Iterator[Vectors]:
    """The mean of the items' vectors."""
    yield (new.histories @ new.item_vectors) / np.diff(new.histories.indptr)[:, None]


def similar_users(new: Newcomers) -> Iterator[Vectors]:
    """The mean vector of the others whose items have the highest cosine with one's own."""
    lengths = np.sqrt(np.diff(new.seen.indptr))  # one's own changes no order
    cosines = (new.histories @ new.seen.T).toarray() / lengths
    similar = np.argsort(-cosines, axis=1, kind="stable")[:, :NUM_SIMILAR]
    yield new.user_vectors[similar].mean(axis=1)


WAYS: Mapping[str, Callable[[Newcomers], Iterator[Vectors]]] = {
    "fold-in": fold_in,
    "items ridge": items_ridge,
    "mean": mean,
    f"{NUM_SIMILAR} users": similar_users,
}
"""By heading. From newcomers to their vectors, (newcomers, width): several where a setting is to be chosen."""

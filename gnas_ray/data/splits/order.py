"""Positions of interactions within their users, shared by the splits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def positions_from_end(user_index: NDArray[np.int32], order: NDArray[np.intp]) -> NDArray[np.int64]:
    """How many of its user's interactions come after each one in `order`: 0 for a user's last; (n,).

    `order` lists all interactions, each user's next to one another, users ascending.
    """
    ends = np.cumsum(np.bincount(user_index))
    positions = np.empty(len(order), dtype=np.int64)
    positions[order] = ends[user_index[order]] - 1 - np.arange(len(order))
    return positions


def floor_share(counts: NDArray[np.int64], ratio: float) -> NDArray[np.int64]:
    """``floor(ratio * counts)``, where 0.29 * 100 is 29 although the float is a hair less."""
    whole: NDArray[np.int64] = np.floor(ratio * counts + 1e-9).astype(np.int64)
    return whole

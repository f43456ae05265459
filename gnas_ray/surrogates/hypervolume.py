"""How much a point would add to what a set of points dominates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gnas_ray.surrogates.encoding import Array

_NUM_DIRECTIONS = 256
_MARGIN = 0.1
"""How far the reference is below the front's lowest values, as a share of its extent."""
_TIE_BREAK = 1e-6


def hypervolume_gain(points: Array, known: Array, *, seed: int) -> Array:
    """(n,) what each point would add to the hypervolume that the known ones dominate, up to a factor.

    The hypervolume is the mean, over directions, of the best scalarised point to a power (Golovin and Zhang 2020,
    arXiv:2006.04655, lemma 5), here over random directions: so the cost grows with the number of objectives, not with
    a power of it. The reference is a little below the lowest values on the front. Of points that would add nothing, one
    with higher values is ahead.

    Args:
        points: (n, objectives), higher is better.
        known: (m, objectives), at least one.
        seed: Of the directions.
    """
    front = known[is_non_dominated(known)]
    lowest, highest = front.min(axis=0), front.max(axis=0)
    reference = lowest - _MARGIN * np.maximum(highest - lowest, 1.0)
    directions = np.abs(np.random.default_rng(seed).standard_normal((_NUM_DIRECTIONS, known.shape[1])))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    volumes = _volumes(points - reference, directions)
    gain = np.maximum(volumes - _volumes(front - reference, directions).max(axis=0), 0).mean(axis=1)
    promise: Array = gain + _TIE_BREAK * (points - points.min(axis=0)).mean(axis=1)
    return promise


def is_non_dominated(points: Array) -> NDArray[np.bool_]:
    """(n,) whether no other is at least as high everywhere and higher somewhere."""
    as_high = (points[:, None] >= points).all(axis=2)
    higher = (points[:, None] > points).any(axis=2)
    is_dominated: NDArray[np.bool_] = np.logical_or.reduce(as_high & higher, axis=0)
    return ~is_dominated


def _volumes(above: Array, directions: Array) -> Array:
    """(n, directions) of points relative to the reference; 0 where they are not above it."""
    lengths = (np.maximum(above, 0)[:, None] / directions).min(axis=2)
    volumes: Array = lengths ** above.shape[1]
    return volumes

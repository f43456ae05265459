"""How much a point would add to what a set of points dominates."""

from __future__ import annotations

import numpy as np

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
    front = non_dominated(known)
    lowest, highest = front.min(axis=0), front.max(axis=0)
    reference = lowest - _MARGIN * np.maximum(highest - lowest, 1.0)
    directions = np.abs(np.random.default_rng(seed).standard_normal((_NUM_DIRECTIONS, known.shape[1])))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    volumes = _volumes(points - reference, directions)
    gain = np.maximum(volumes - _volumes(front - reference, directions).max(axis=0), 0).mean(axis=1)
    promise: Array = gain + _TIE_BREAK * (points - points.min(axis=0)).mean(axis=1)
    return promise


def non_dominated(points: Array) -> Array:
    """(k, objectives) those of the points than which no other is as high everywhere and higher somewhere, once each.

    In k passes: the one with the highest sum of those left is dominated by none, and then all go that are nowhere
    higher.
    """
    left = points[np.argsort(-points.sum(axis=1), kind="stable")]
    front = []
    while len(left):
        front.append(left[0])
        left = left[(left > left[0]).any(axis=1)]
    return np.array(front)


def _volumes(above: Array, directions: Array) -> Array:
    """(n, directions) of points relative to the reference; 0 where they are not above it."""
    lengths = (np.maximum(above, 0)[:, None] / directions).min(axis=2)
    volumes: Array = lengths ** above.shape[1]
    return volumes

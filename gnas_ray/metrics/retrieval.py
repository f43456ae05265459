"""Metrics of the set of the first k items; their order does not count.

Definitions as in RecBole 1.2.1 (`recbole/evaluator/metrics.py`), which has no F1.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Int
from typing_extensions import override

from gnas_ray.metrics.base import Metric, Ranking


def _num_hits(ranking: Ranking, k: int) -> Int[np.ndarray, "users"]:
    num_hits: Int[np.ndarray, "users"] = ranking.hits[:, :k].sum(axis=1)
    return num_hits


class Recall(Metric):
    """Hits out of all of the user's relevant items, also where those are more than k."""

    @override
    def value(self, ranking: Ranking) -> float:
        return float((_num_hits(ranking, self.k) / ranking.num_relevant).mean())


class Precision(Metric):
    """Hits out of k, also where the user has fewer than k relevant items."""

    @override
    def value(self, ranking: Ranking) -> float:
        return float((_num_hits(ranking, self.k) / self.k).mean())


class F1(Metric):
    """Harmonic mean of the user's precision and recall, 0 without a hit; then the mean over users."""

    @override
    def value(self, ranking: Ranking) -> float:
        # 2PR / (P + R) with P = hits / k and R = hits / relevant
        return float((2 * _num_hits(ranking, self.k) / (self.k + ranking.num_relevant)).mean())


class HitRate(Metric):
    """Users with at least one hit, out of all users."""

    @override
    def value(self, ranking: Ranking) -> float:
        return float((_num_hits(ranking, self.k) > 0).mean())

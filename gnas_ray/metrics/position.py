"""Metrics that reward hits near the top. Definitions as in RecBole 1.2.1 (`recbole/evaluator/metrics.py`)."""

from __future__ import annotations

import numpy as np
from typing_extensions import override

from gnas_ray.metrics.base import Metric, Ranking


class Ndcg(Metric):
    """Discounted gain of the hits, out of that of the best possible list.

    Binary gain, discount 1 / log2(position + 1) with positions from 1; the best list holds
    min(k, relevant) hits (Järvelin & Kekäläinen 2002).
    """

    @override
    def value(self, ranking: Ranking) -> float:
        discount = 1.0 / np.log2(np.arange(2, self.k + 2))
        gain = ranking.hits[:, : self.k] @ discount
        ideal = np.cumsum(discount)[np.minimum(ranking.num_relevant, self.k) - 1]
        return float((gain / ideal).mean())


class ReciprocalRank(Metric):
    """1 / position (from 1) of the user's first hit, 0 without one in k: mean reciprocal rank."""

    @override
    def value(self, ranking: Ranking) -> float:
        hits = ranking.hits[:, : self.k]
        return float((hits.any(axis=1) / (hits.argmax(axis=1) + 1)).mean())


class AveragePrecision(Metric):
    """Precision at the position of each hit, summed, out of min(k, relevant): mean average precision."""

    @override
    def value(self, ranking: Ranking) -> float:
        hits = ranking.hits[:, : self.k]
        precision = np.cumsum(hits, axis=1) / np.arange(1, self.k + 1)
        best = np.minimum(ranking.num_relevant, self.k)
        return float(((precision * hits).sum(axis=1) / best).mean())

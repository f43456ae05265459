"""Metrics of recommendations.

Question: were the recommendations good, and what did they cost? Ranking metrics over a full ranking of all items
(no sampled negatives), the evaluator that makes the ranking, exact top-k search, and latency.

May import: core, NumPy, SciPy, torch. This file and the metrics themselves need NumPy only, so that an
experiment's metric names can be checked without loading torch; import `Evaluator` from
`gnas_ray.metrics.evaluator` and `top_k` from `gnas_ray.metrics.top_k`.
To add a metric: a subclass of `Metric` in a file of its own, its name in `METRICS`, and its slow plain version
in `tests/metrics/plain.py`; the conformance tests then compare the two.
"""

from gnas_ray.core import Problem, UsageError, nearest
from gnas_ray.core.family import Family
from gnas_ray.metrics.base import Metric, Ranking
from gnas_ray.metrics.coverage import Coverage
from gnas_ray.metrics.position import AveragePrecision, Ndcg, ReciprocalRank
from gnas_ray.metrics.retrieval import F1, HitRate, Precision, Recall

METRICS: Family[type[Metric]] = Family(
    "metrics",
    {
        "recall": Recall,
        "precision": Precision,
        "f1": F1,
        "hit_rate": HitRate,
        "ndcg": Ndcg,
        "mrr": ReciprocalRank,
        "map": AveragePrecision,
        "coverage": Coverage,
    },
)


def parse_metric(text: str) -> Metric:
    """The metric that `text` names, e.g. ``ndcg@20``.

    Raises:
        UsageError: The name is unknown or the cutoff is not a whole number from 1.
    """
    name, _, cutoff = text.partition("@")
    problems = []
    if name not in METRICS:
        problems.append(Problem("", f"unknown metric {name!r}{nearest(name.lower(), METRICS)}"))
    if not cutoff.isdecimal() or int(cutoff) < 1:
        problems.append(Problem("", f"cutoff is {cutoff!r}, wanted a whole number from 1, as in 'ndcg@20'"))
    if problems:
        raise UsageError(f"metric {text!r}", problems)
    return METRICS[name](int(cutoff))


__all__ = ["METRICS", "Metric", "Ranking", "parse_metric"]

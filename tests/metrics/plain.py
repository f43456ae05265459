"""Every metric once more, for one user's list at a time, as slow and plain as its definition reads."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import mean

UserMetric = Callable[[list[int], set[int], int], float]


def recall(ranked: list[int], relevant: set[int], k: int) -> float:
    return len(relevant.intersection(ranked[:k])) / len(relevant)


def precision(ranked: list[int], relevant: set[int], k: int) -> float:
    return len(relevant.intersection(ranked[:k])) / k


def f1(ranked: list[int], relevant: set[int], k: int) -> float:
    p, r = precision(ranked, relevant, k), recall(ranked, relevant, k)
    return 2 * p * r / (p + r) if p + r else 0.0


def hit_rate(ranked: list[int], relevant: set[int], k: int) -> float:
    return 1.0 if relevant.intersection(ranked[:k]) else 0.0


def ndcg(ranked: list[int], relevant: set[int], k: int) -> float:
    gain = sum(1 / math.log2(place + 1) for place, item in enumerate(ranked[:k], 1) if item in relevant)
    ideal = sum(1 / math.log2(place + 1) for place in range(1, min(k, len(relevant)) + 1))
    return gain / ideal


def mrr(ranked: list[int], relevant: set[int], k: int) -> float:
    for place, item in enumerate(ranked[:k], 1):
        if item in relevant:
            return 1 / place
    return 0.0


def average_precision(ranked: list[int], relevant: set[int], k: int) -> float:
    hits, total = 0, 0.0
    for place, item in enumerate(ranked[:k], 1):
        if item in relevant:
            hits += 1
            total += hits / place
    return total / min(k, len(relevant))


USER_METRICS: dict[str, UserMetric] = {
    "recall": recall,
    "precision": precision,
    "f1": f1,
    "hit_rate": hit_rate,
    "ndcg": ndcg,
    "mrr": mrr,
    "map": average_precision,
}


def ranked_items(scores: list[float], seen: set[int]) -> list[int]:
    """All unseen items, best first, equal scores by index."""
    return sorted(set(range(len(scores))) - seen, key=lambda item: (-scores[item], item))


def value(name: str, rankings: list[list[int]], relevant: list[set[int]], k: int, num_items: int) -> float:
    """The metric over all users that have something relevant."""
    counted = [(ranked, liked) for ranked, liked in zip(rankings, relevant, strict=True) if liked]
    if name == "coverage":
        return len({item for ranked, _ in counted for item in ranked[:k]}) / num_items
    return mean(USER_METRICS[name](ranked, liked, k) for ranked, liked in counted)

"""The rules of the final test, the same for the winner and for baselines."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import torch

from gnas_ray.data import PreparedData
from gnas_ray.metrics.evaluator import Evaluator


def final_evaluator(
    data: PreparedData, metrics: Sequence[str], *, byte_budget: int = 64 << 20, device: torch.device | str = "cpu"
) -> Evaluator:
    """Of the test part: all items but a user's train and valid ones compete.

    Metrics come over all items, and once more over warm and over cold ones (``warm.ndcg@20``, ``cold.ndcg@20``). An
    item is cold when it has no interaction in train and valid. The lists stay those of the whole catalogue, which are
    what a user is shown: a cold item counts as found only where it got past the warm ones, and the users who count
    are those with a cold item in their test part. Letting cold items compete with each other only, as is often done,
    flatters where they are few: MovieLens-100K has 21 by the default split, nearly all of which are in any list of 20.

    Args:
        data: The split.
        metrics: Names as in ``ndcg@20``.
        byte_budget: Bound on the scores held at once.
        device: Where the scores are computed.

    Raises:
        UsageError: A metric is unknown.
        ValueError: The test part is empty.
    """
    known = data.csr("train", "valid")
    is_cold = np.bincount(known.indices, minlength=data.num_items) == 0
    return Evaluator(
        metrics,
        seen=known,
        relevant=data.csr("test"),
        byte_budget=byte_budget,
        device=device,
        groups={"warm": ~is_cold, "cold": is_cold},
    )


def ranking_metrics(measured: Mapping[str, float], metrics: Collection[str]) -> dict[str, float]:
    """Of what a test measured, `metrics`: over all, warm and cold items. The rest are costs."""
    return {name: value for name, value in measured.items() if name.rpartition(".")[2] in metrics}

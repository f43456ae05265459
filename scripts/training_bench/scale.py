"""Costs on generated graphs: that they grow with the edges, and that evaluation keeps to its byte budget."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from training_bench.base import Work
from training_bench.measure import cpu_seconds, peak_mb

_STEPS = 50
_INTERACTIONS_PER_USER, _ITEMS_PER_USER = 20, 0.5


def train_generated(num_interactions: int, work: Work) -> dict[str, Any]:
    """CPU seconds of an epoch of 50 steps, and peak memory.

    As many steps whatever the size: a step propagates over the whole graph, so an epoch of steps of a constant size
    would cost the square of the edges.
    """
    from gnas_ray.data import DataOptions, prepare
    from training_bench.ours import Ours

    with TemporaryDirectory() as folder:
        _write_interactions(Path(folder, "interactions.parquet"), num_interactions)
        dataset = {"name": "files", "interactions": {"path": str(Path(folder, "interactions.parquet"))}}
        data = prepare(DataOptions.model_validate({"dataset": dataset}), Path(folder, "home"))
        system = Ours(
            Work(data.folder, Path(folder), work.embedding_size, work.num_layers, -(-len(data.train) // _STEPS))
        )
        system.train_epoch()  # makes the graph
        seconds = cpu_seconds(system.train_epoch)
        return {
            "interactions": num_interactions,
            "nodes": data.num_users + data.num_items,
            "epoch_cpu_s": seconds,
            "ns_per_edge_and_step": 1e9 * seconds / _STEPS / (2 * len(data.train)),
            "peak_mb": peak_mb(),
        }


def _write_interactions(path: Path, count: int) -> None:
    """Users at random, items by popularity to the power of -0.8, every pair once."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    generator = np.random.default_rng(0)
    num_users = count // _INTERACTIONS_PER_USER
    num_items = int(num_users * _ITEMS_PER_USER)
    popularity = np.arange(1, num_items + 1) ** -0.8
    pairs = np.empty(0, np.int64)
    while len(pairs) < count:
        missing = count - len(pairs)
        users = generator.integers(num_users, size=missing)
        items = generator.choice(num_items, size=missing, p=popularity / popularity.sum())
        pairs = np.unique(np.concatenate([pairs, users * num_items + items]))
    pq.write_table(pa.table({"user_id": pairs // num_items, "item_id": pairs % num_items}), path)


def evaluate_generated(num_users: int, num_items: int, width: int, byte_budget: int) -> dict[str, Any]:
    """CPU seconds of a full evaluation of random vectors, and the memory that it took beside what it was given."""
    import torch
    from scipy.sparse import csr_array

    from gnas_ray.metrics.evaluator import Evaluator
    from gnas_ray.training.cost import reset_peak_memory

    torch.set_num_threads(1)
    generator = np.random.default_rng(0)
    starts = np.arange(0, 21 * num_users, 20, dtype=np.int64)[: num_users + 1]
    items = generator.integers(num_items, size=2 * 20 * num_users, dtype=np.int32).reshape(2, -1)
    ones = np.ones(20 * num_users, np.float32)
    seen, relevant = (csr_array((ones, some, starts), shape=(num_users, num_items)) for some in items)
    vectors = torch.randn(num_users, width), torch.randn(num_items, width)
    evaluator = Evaluator(["ndcg@20"], seen=seen, relevant=relevant, byte_budget=byte_budget)
    reset_peak_memory(torch.device("cpu"))
    before = peak_mb()
    seconds = cpu_seconds(lambda: evaluator.evaluate_vectors(*vectors))
    return {
        "users": num_users,
        "items": num_items,
        "byte_budget_mb": byte_budget / 1e6,
        "eval_cpu_s": seconds,
        "added_mb": peak_mb() - before,
        "peak_mb": peak_mb(),
    }

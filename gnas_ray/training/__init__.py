"""One trial's training.

Question: how good is this architecture with these hyperparameters, and what does it cost? Joins data, models and
metrics for one trial: batches, negatives, losses, optimiser, evaluation, checkpoints; retraining and the bundle that
serving reads. `train` is the whole of it for a search.

May import: core, data, models, metrics, experiment, torch. Not ray: who runs it, and where, is the driver's business.
To add a loss: see `losses`. An optimiser: one line in `optimisers.OPTIMISERS`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gnas_ray.training.errors import CheckpointError, NanLossError
    from gnas_ray.training.ranks import DistributedRanks, Ranks, SingleRank, find_ranks
    from gnas_ray.training.task import TrainingTask
    from gnas_ray.training.trial import train

__all__ = [
    "CheckpointError",
    "DistributedRanks",
    "NanLossError",
    "Ranks",
    "SingleRank",
    "TrainingTask",
    "find_ranks",
    "train",
]

_HOMES = {
    "CheckpointError": "errors",
    "DistributedRanks": "ranks",
    "NanLossError": "errors",
    "Ranks": "ranks",
    "SingleRank": "ranks",
    "TrainingTask": "task",
    "find_ranks": "ranks",
    "train": "trial",
}


def __getattr__(name: str) -> Any:
    """Loaded on first use: reading a report of this room must not load torch."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)

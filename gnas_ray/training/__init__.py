"""One trial's training.

Question: how good is this architecture with these hyperparameters, and what does it cost? Joins data, models and
metrics for one trial: batches, negatives, losses, optimiser, evaluation, checkpoints; retraining and the bundle that
serving reads. `train` is the whole of it for a search.

May import: core, data, models, metrics, experiment, torch. Not ray: who runs it, and where, is the driver's business.
To add a loss: see `losses`. An optimiser: one line in `optimisers.OPTIMISERS`; a way to draw negatives: one in
`negatives.NEGATIVES`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gnas_ray.training.bundle import BundleContents, BundleManifest, read_bundle, read_manifest, save_bundle
    from gnas_ray.training.errors import CheckpointError, NanLossError
    from gnas_ray.training.fitted import FittedRecommender, FittedTrial, Refit
    from gnas_ray.training.ranks import DistributedRanks, Ranks, SingleRank, find_ranks
    from gnas_ray.training.retraining import Training, retrain, tested_together
    from gnas_ray.training.task import TrainingTask
    from gnas_ray.training.trial import train

__all__ = [
    "BundleContents",
    "BundleManifest",
    "CheckpointError",
    "DistributedRanks",
    "FittedRecommender",
    "FittedTrial",
    "NanLossError",
    "Ranks",
    "Refit",
    "SingleRank",
    "Training",
    "TrainingTask",
    "find_ranks",
    "read_bundle",
    "read_manifest",
    "retrain",
    "save_bundle",
    "tested_together",
    "train",
]

_HOMES = {
    "BundleContents": "bundle",
    "BundleManifest": "bundle",
    "CheckpointError": "errors",
    "DistributedRanks": "ranks",
    "FittedRecommender": "fitted",
    "FittedTrial": "fitted",
    "NanLossError": "errors",
    "Ranks": "ranks",
    "Refit": "fitted",
    "SingleRank": "ranks",
    "Training": "retraining",
    "TrainingTask": "task",
    "find_ranks": "ranks",
    "read_bundle": "bundle",
    "read_manifest": "bundle",
    "retrain": "retraining",
    "save_bundle": "bundle",
    "tested_together": "retraining",
    "train": "trial",
}


def __getattr__(name: str) -> Any:
    """Loaded on first use: reading a report of this room must not load torch."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)

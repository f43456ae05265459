"""Members that differ from one known to be good in a few decisions, chosen and refitted as a search's winner is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gnas_ray.core import TrialSpec, Value
    from gnas_ray.experiment import Experiment
    from gnas_ray.training import FittedRecommender, TrainingTask

Changes = Mapping[str, "Value"]
"""Decisions; ``layer.*.operator`` is that of all layers."""

IDS: Changes = {"item_features": "id", "text_edges": 0}
TEXT: Changes = {"item_features": "text", "text_projection": "linear", "text_edges": 0}
EDGES: Changes = {"text_edges": 10}
GRAPHSAGE: Changes = {"layer.*.operator": "graphsage"}
NO_LAYERS: Changes = {"num_layers": 0}


def member(experiment: Experiment, changes: Changes, seed: int) -> TrialSpec:
    """The first member that the experiment knows, without its linear channel and with `changes`."""
    from gnas_ray.core import TrialSpec
    from gnas_ray.experiment.prior import every_round

    known = experiment.prior_members[0]
    changes = {"linear_channel": "none", **changes}
    architecture = {name: changes.get(every_round(name), option) for name, option in known.architecture.items()}
    return TrialSpec(0, architecture, known.hyperparameters, seed)


def best_epoch(experiment: Experiment, spec: TrialSpec, task: TrainingTask) -> tuple[int, float]:
    """The epoch that does best on validation, and its objective."""
    from gnas_ray.core import GnasRayError
    from gnas_ray.training import train

    best = experiment.objectives.best(train(spec, task))
    if best is None:
        raise GnasRayError(f"{dict(spec.architecture)}: nothing was measured")
    return best.fidelity, best.metrics[experiment.objective.metric]


def refitted(spec: TrialSpec, task: TrainingTask, epochs: int) -> FittedRecommender:
    """Trained on train + valid, and tested once."""
    from gnas_ray.training import Refit, retrain

    training = retrain([Refit(spec, epochs)], task)
    while True:
        try:
            next(training)
        except StopIteration as end:
            fitted: FittedRecommender = end.value
            return fitted

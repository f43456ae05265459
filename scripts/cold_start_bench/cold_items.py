"""Items without an interaction: what ranks them, and what can't."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cold_start_bench.members import EDGES, GRAPHSAGE, IDS, NO_LAYERS, TEXT, Changes, best_epoch, member, refitted
from cold_start_bench.plan import Figures, Plan, Row

if TYPE_CHECKING:
    from gnas_ray.experiment import Experiment
    from gnas_ray.training import TrainingTask

HEADINGS = ("valid", "test", "epochs")
SPLIT = "data.split={{name: cold_start_items, ratios: [0.8, 0.1, 0.1], seed: {seed}}}"

MEMBERS: Mapping[str, Changes] = {
    "ids, LightGCN": IDS,
    "ids, LightGCN, 10 text edges": {**IDS, **EDGES},
    "ids, GraphSAGE, 10 text edges": {**IDS, **GRAPHSAGE, **EDGES},
    "text, LightGCN": TEXT,
    "text, LightGCN, 10 text edges": {**TEXT, **EDGES},
    "text, LightGCN, 10 text edges, full softmax": {**TEXT, **EDGES, "loss": "full_softmax"},
    "text, GraphSAGE": {**TEXT, **GRAPHSAGE},
    "text, GraphSAGE, 10 text edges": {**TEXT, **GRAPHSAGE, **EDGES},
    "text, GAT, 10 text edges": {**TEXT, "layer.*.operator": "gat", **EDGES},
    "text and ids, no layers": {**TEXT, "item_features": "both", **NO_LAYERS},
    "text, no layers": {**TEXT, **NO_LAYERS},
}


def rows(plan: Plan) -> Iterator[Row]:
    """Baselines and members on cold items of the whole catalogue; a seed decides which are cold, and the training."""
    experiments, tasks = zip(*(plan.load(SPLIT.format(seed=seed)) for seed in range(plan.seeds)), strict=True)
    experiment: Experiment = experiments[0]
    for name in plan.wanted(experiment.baselines):
        yield Row(name, [_baseline(experiment, name, task) for task in tasks])
    for name in plan.wanted(MEMBERS):
        changes = MEMBERS[name]
        yield Row(name, [_member(experiment, changes, task, seed) for seed, task in enumerate(tasks)])


def _baseline(experiment: Experiment, name: str, task: TrainingTask) -> Figures:
    from gnas_ray.data import open_prepared
    from gnas_ray.training.baselines import run_baseline

    metric = experiment.objective.metric
    report = run_baseline(name, open_prepared(Path(task.data_folder)), metrics=[metric], objective=metric)
    return {"valid": report.valid, "test": report.metrics[f"cold.{metric}"]}


def _member(experiment: Experiment, changes: Changes, task: TrainingTask, seed: int) -> Figures:
    spec = member(experiment, changes, seed)
    epochs, valid = best_epoch(experiment, spec, task)
    tested = refitted(spec, task, epochs).metrics
    return {"valid": valid, "test": tested[f"cold.{experiment.objective.metric}"], "epochs": epochs}

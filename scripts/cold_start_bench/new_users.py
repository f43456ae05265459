"""Users held out whole: what their vectors are worth when they are made from the items touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cold_start_bench.members import GRAPHSAGE, IDS, NO_LAYERS, TEXT, Changes, best_epoch, member, refitted
from cold_start_bench.plan import Figures, Plan, Row
from cold_start_bench.ways import WAYS, Newcomers, Vectors

if TYPE_CHECKING:
    from gnas_ray.core import TrialSpec
    from gnas_ray.data import PreparedData
    from gnas_ray.data.prepared import Part
    from gnas_ray.experiment import Experiment
    from gnas_ray.training import TrainingTask

HEADINGS = ("trained on", *WAYS, "epochs")
FIFTH = 5

MEMBERS: Mapping[str, Changes] = {
    "matrix factorisation": {**IDS, **NO_LAYERS},
    "LightGCN": IDS,
    "LightGCN, text": TEXT,
    "LightGCN, text, EASE": {**TEXT, "linear_channel": "ease_text"},
    "LightGCN, text, autoencoder": {**TEXT, "linear_channel": "dlae"},
    "NGCF, text": {**TEXT, "layer.*.operator": "ngcf"},
    "GraphSAGE, text": {**TEXT, **GRAPHSAGE},
}


@dataclass(frozen=True)
class HeldOut:
    """Every fifth user who has something in train, the first of whom the seed decides.

    Attributes:
        newcomers: Their indices, ascending.
        data: With all users' interactions.
        others: Without the newcomers', in any part.
    """

    newcomers: NDArray[np.intp]
    data: PreparedData
    others: PreparedData

    @classmethod
    def of(cls, data: PreparedData, seed: int, scratch: Path) -> HeldOut:
        """Writes the others' data to a folder in `scratch`."""
        from gnas_ray.data import Interactions
        from gnas_ray.data.variant import write_variant

        newcomers = np.flatnonzero(np.diff(data.csr("train").indptr))[seed % FIFTH :: FIFTH]

        def without(part: Interactions) -> Interactions:
            return part.take(np.flatnonzero(~np.isin(part.user_index, newcomers)))

        kept: dict[Part, Interactions] = {
            "train": without(data.train),
            "valid": without(data.valid),
            "test": without(data.test),
        }
        return cls(newcomers, data, write_variant(data, scratch / f"without-{seed}", kept))


def rows(plan: Plan) -> Iterator[Row]:
    """A seed decides who is held out, and the trainings."""
    from gnas_ray.data import open_prepared

    experiment, task = plan.load()
    data = open_prepared(Path(task.data_folder))
    with TemporaryDirectory() as scratch:
        held_out = [HeldOut.of(data, seed, Path(scratch)) for seed in range(plan.seeds)]
        for name in plan.wanted(MEMBERS):
            specs = [member(experiment, MEMBERS[name], seed) for seed in range(plan.seeds)]
            pairs = zip(specs, held_out, strict=True)
            yield Row(name, [_figures(experiment, spec, task, users) for spec, users in pairs])


def _figures(experiment: Experiment, spec: TrialSpec, task: TrainingTask, held_out: HeldOut) -> Figures:
    """What the newcomers have when trained on; and what each way makes of that, the best where it makes several."""
    import torch

    from gnas_ray.metrics.evaluator import Evaluator

    metric, newcomers = experiment.objective.metric, held_out.newcomers
    histories = held_out.data.csr("train", "valid")[newcomers]
    evaluator = Evaluator([metric], seen=histories, relevant=held_out.data.csr("test")[newcomers])

    def value(users: Vectors, items: Vectors) -> float:
        return evaluator.evaluate_vectors(torch.from_numpy(users), torch.from_numpy(items))[metric]

    others = replace(task, data_folder=str(held_out.others.folder))
    epochs, _ = best_epoch(experiment, spec, others)
    known = refitted(spec, task, epochs)
    trained_on = value(known.user_vectors[newcomers], known.item_vectors)
    unknown = refitted(spec, others, epochs)
    seen = held_out.others.csr("train", "valid")
    users = np.flatnonzero(np.diff(seen.indptr))
    new = Newcomers(unknown.user_vectors[users], unknown.item_vectors, unknown.item_keys, seen[users], histories)
    shares = {
        name: max(value(vectors, new.item_vectors) for vectors in way(new)) / trained_on for name, way in WAYS.items()
    }
    return {"trained on": trained_on, **shares, "epochs": epochs}

"""The trial engine of this project."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from gnas_ray.core import TrialSpec, Value
from gnas_ray.training import TrainingTask
from gnas_ray.training.trainer import Trainer
from training_bench.base import METRIC, System, Work


class Ours(System):
    """A trial: the member of the space that is LightGCN."""

    def __init__(self, work: Work) -> None:
        layers: dict[str, Value] = {f"layer.{i}.operator": "lightgcn" for i in range(work.num_layers)}
        spec = TrialSpec(
            0,
            {"num_layers": work.num_layers, "readout": "mean", "loss": "bpr", **layers},
            {
                "embedding_size": work.embedding_size,
                "batch_size": work.batch_size,
                "learning_rate": work.learning_rate,
            },
            seed=0,
        )
        task = TrainingTask(str(work.data_folder), (METRIC,), max_epochs=1)
        if "valid" in work.parts:
            task = replace(task, fit_on="train+valid", evaluate_on="test")
        self._trainer = Trainer(spec, task)

    def train_epoch(self) -> None:
        """See `System.train_epoch`."""
        self._trainer.train_epoch()

    def evaluate(self) -> None:
        """See `System.evaluate`."""
        evaluator = self._trainer.inputs.evaluator
        assert evaluator is not None  # the task evaluates on valid
        evaluator.evaluate_vectors(*self.vectors())

    def vectors(self) -> tuple[Tensor, Tensor]:
        """See `System.vectors`."""
        return self._trainer.vectors()

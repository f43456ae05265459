"""What is asked of every row, and what a row says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gnas_ray.experiment import Experiment
    from gnas_ray.training import TrainingTask

Figures = Mapping[str, float]
"""By heading."""


@dataclass(frozen=True)
class Row:
    """One recommender's line of a table.

    Attributes:
        name: The recommender's.
        by_seed: Its figures, from seed 0 on.
    """

    name: str
    by_seed: Sequence[Figures]


@dataclass(frozen=True)
class Plan:
    """What decides the rows.

    Attributes:
        experiment: A YAML file, or the name of a shipped one.
        epochs: Of a training, at most.
        seeds: How many, from 0 on.
        rows: Those are made whose name it matches somewhere.
    """

    experiment: str
    epochs: int
    seeds: int
    rows: re.Pattern[str]

    def wanted(self, names: Iterable[str]) -> list[str]:
        """Those of `names` that are to be made."""
        return [name for name in names if self.rows.search(name)]

    def load(self, *overrides: str) -> tuple[Experiment, TrainingTask]:
        """The experiment, with its data prepared; one thread."""
        from gnas_ray.driver.preparation import prepare_task
        from gnas_ray.experiment import load_experiment

        experiment = load_experiment(self.experiment, [*overrides, "training.metrics=[]", "resources.threads=1"])
        return experiment, replace(prepare_task(experiment, lambda event: None), max_epochs=self.epochs)

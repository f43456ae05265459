"""What every search of a comparison has in common, and how one is run."""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from gnas_ray.core import Problem, UsageError
from gnas_ray.experiment import Experiment, load_experiment
from real_bench.courses import Course

if TYPE_CHECKING:
    from collections.abc import Callable

    from gnas_ray.training import TrainingTask
    from real_bench.watch import Watch

OURS = "ours"
SYSTEMS = {
    OURS: "real_bench.ours:search_ours",
    "optuna_asha": "real_bench.tune_asha:search_optuna_asha",
    "uniform_asha": "real_bench.tune_asha:search_uniform_asha",
}
"""By name: a function of an experiment, its task and an empty folder that searches and gives its `Watch`."""
_NO_LIMIT = 1_000_000


@dataclass(frozen=True)
class Race:
    """The same data, space, objective, rungs, time and processes for all.

    Attributes:
        experiment: A YAML file, or the name of a shipped one.
        minutes: Of each search.
        workers: Trials at once, each in a process with one thread.
        has_prior: Whether the experiment's prior is kept.
    """

    experiment: str
    minutes: float
    workers: int
    has_prior: bool = False

    def load(self, seed: int) -> Experiment:
        """The experiment of the searches with this seed.

        Raises:
            UsageError: It has mistakes, or other objectives than one.
        """
        overrides = {
            "seed": seed,
            "budget.minutes": self.minutes,
            "budget.trials": _NO_LIMIT,
            "resources.concurrent_trials": self.workers,
            "resources.cpus_per_trial": 1,
            "resources.gpus_per_trial": 0,
            "resources.workers_per_trial": 1,
            "resources.threads": 1,
            "warm_start": "[]",
            **({} if self.has_prior else {"prior": "[]"}),
        }
        experiment = load_experiment(self.experiment, [f"{key}={value}" for key, value in overrides.items()])
        if not experiment.objectives.is_plain:
            raise UsageError(
                self.experiment, [Problem("objective", "systems are compared by one, without constraints")]
            )
        return experiment


def run(system: str, seed: int, race: Race) -> Course:
    """One search, on a Ray of its own in this process, which should be new.

    Its clock starts when Ray runs and the data are prepared; starting processes that train is on the clock.

    Raises:
        GnasRayError: Data or encoder are not on this machine.
    """
    os.environ["RAY_ADDRESS"] = "local"
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    import ray

    from gnas_ray.driver.cluster import connect
    from gnas_ray.driver.preparation import prepare_task

    module, _, attribute = SYSTEMS[system].partition(":")
    search: Callable[[Experiment, TrainingTask, Path], Watch] = getattr(importlib.import_module(module), attribute)
    experiment = race.load(seed)
    task = prepare_task(experiment, lambda event: None)
    connect(num_cpus=race.workers)
    try:
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            watch = search(experiment, task, Path(folder).resolve())
    finally:
        ray.shutdown()
    return watch.course(system, seed, until=60 * race.minutes)

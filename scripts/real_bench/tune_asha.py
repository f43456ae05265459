"""Ray Tune as its users write it: `OptunaSearch` over the flat joint space, and `ASHAScheduler`.

What is the user's to choose is chosen for speed: a class trainable in actors that are reused, so that torch and the
data are loaded once a process (a function's thread trains on for a while after Tune has stopped it); no checkpoints, no
loggers, one CPU a trial; a trial that is no better for the experiment's patience ends itself, as a training loop with
early stopping does. What Tune decides is left to it (Ray 2.60): ASHA compares the value at a rung, not the best up to
it; what it stops is told to Optuna as complete, with its last value; a trial that raises takes its actor with it.
`OptunaSearch` works with Optuna 5 as it is, and its sampler is Optuna's default, TPE. Random search is the same with
Optuna's random sampler.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optuna.samplers import BaseSampler, RandomSampler
from ray import tune
from ray.tune.schedulers import ASHAScheduler
from ray.tune.search.optuna import OptunaSearch

from gnas_ray.core import Measurement, RungLadder
from gnas_ray.experiment import Experiment
from gnas_ray.ledger.storage import quiet_optuna
from gnas_ray.training import TrainingTask, train
from real_bench.flat_space import FlatSpace
from real_bench.watch import Watch


class EpochByEpoch(tune.Trainable):  # type: ignore[misc]
    """Trains a member by our trial engine, one epoch a step."""

    _best: float
    _best_epoch: int

    def setup(self, config: dict[str, Any], flat: FlatSpace, task: TrainingTask, rungs: RungLadder) -> None:
        """Keeps what trials share; `task` has the objective for its first metric."""
        self._flat, self._task, self._rungs = flat, task, rungs
        self._start(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """The next trial, in the same process; what the last one held is let go before the first step."""
        self._start(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """The next epoch's objective, with ``done`` once it has trained out. ASHA stops a trial at its last."""
        objective = self._task.metrics[0]
        measurement = next(self._epochs)
        value = measurement.metrics[objective]
        if value > self._best:
            self._best, self._best_epoch = value, measurement.fidelity
        return {objective: value, "done": self._rungs.has_plateaued(measurement.fidelity, self._best_epoch)}

    def _start(self, config: dict[str, Any]) -> None:
        self._epochs: Iterator[Measurement] = train(self._flat.spec(config), self._task)
        self._best, self._best_epoch = -math.inf, 0


class Listener(tune.Callback):  # type: ignore[misc]
    """Tells the watch what Tune's driver hears."""

    def __init__(self, watch: Watch, objective: str) -> None:
        self._watch = watch
        self._objective = objective

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial got its actor."""
        self._watch.trial_began()

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """Every epoch, the one included after which a trial is stopped."""
        self._watch.epoch_measured(result[self._objective])

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """An exception."""
        self._watch.trial_failed()


def search_optuna_asha(experiment: Experiment, task: TrainingTask, folder: Path) -> Watch:
    """Optuna's TPE."""
    return _search(experiment, task, folder, sampler=None)


def search_uniform_asha(experiment: Experiment, task: TrainingTask, folder: Path) -> Watch:
    """Every choice at random."""
    return _search(experiment, task, folder, sampler=RandomSampler(seed=experiment.seed))


def _search(experiment: Experiment, task: TrainingTask, folder: Path, *, sampler: BaseSampler | None) -> Watch:
    """Until the experiment's minutes or trials are spent. Members of its prior are tried first here too."""
    quiet_optuna()
    flat = FlatSpace(experiment.search_space, experiment.seed)
    objective, scheduler, resources = experiment.objective.metric, experiment.scheduler, experiment.resources
    trainable = tune.with_resources(
        tune.with_parameters(EpochByEpoch, flat=flat, task=task, rungs=experiment.rungs),
        {"cpu": resources.cpus_per_trial},
    )
    known = [{**member.architecture, **member.hyperparameters} for member in experiment.prior_members]
    searcher = OptunaSearch(
        flat,
        metric=objective,
        mode="max",
        points_to_evaluate=known,
        sampler=sampler,
        seed=None if sampler else experiment.seed,
    )
    asha = ASHAScheduler(
        metric=objective,
        mode="max",
        max_t=scheduler.max_epochs,
        grace_period=scheduler.grace_period,
        reduction_factor=scheduler.reduction_factor,
    )
    watch = Watch()
    tune.Tuner(
        trainable,
        tune_config=tune.TuneConfig(
            search_alg=searcher,
            scheduler=asha,
            num_samples=experiment.budget.trials,
            max_concurrent_trials=resources.concurrent_trials,
            time_budget_s=experiment.budget.minutes and 60 * experiment.budget.minutes,
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(
            name="tune",
            storage_path=str(folder),
            callbacks=[Listener(watch, objective)],
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
            verbose=0,
        ),
    ).fit()
    return watch

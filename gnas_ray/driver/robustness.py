"""The winner retrained, and the baselines refitted, on disturbed data."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from gnas_ray.core import Measurement, derive_seed
from gnas_ray.core.events import Listener, PhaseStarted
from gnas_ray.data import open_prepared
from gnas_ray.driver.preparation import prepare_again
from gnas_ray.driver.retrain import refits, run_orders
from gnas_ray.driver.switchboard import Order
from gnas_ray.driver.work import RetrainDisturbed
from gnas_ray.experiment import Experiment
from gnas_ray.models.baselines import BASELINES
from gnas_ray.records.folder import ExperimentFolder, open_folder
from gnas_ray.records.reading import read_ledger
from gnas_ray.training import TrainingTask
from gnas_ray.training.baselines import measure_on_test
from gnas_ray.training.disturbances import disturbed_tasks
from gnas_ray.training.final_test import ranking_metrics
from gnas_ray.training.reports import BaselineReport, Disturbed, RetrainReport, RobustnessReport
from gnas_ray.training.threads import limited_to


def measure_robustness(
    root: Path, retrained: RetrainReport, baselines: Mapping[str, BaselineReport], *, listener: Listener
) -> RobustnessReport:
    """Tests what was retrained and the baselines under the experiment's disturbances; the report goes to the folder.

    Nothing is chosen anew: trials, epochs, hyperparameters and the baselines' settings are those of the clean data.
    What was retrained is trained with the first of its seeds, so it compares with that seed's clean figure.

    Raises:
        OrderFailedError: A training failed.
    """
    experiment, ledger = read_ledger(root)
    files = open_folder(root.resolve())  # workers have a working directory of their own
    clean = prepare_again(experiment, files, listener)
    seed = derive_seed(experiment.seed, "robustness")
    try:
        tasks = disturbed_tasks(clean, experiment.retrain.robustness, files.disturbed, seed=seed)
        work = RetrainDisturbed(refits(ledger, retrained.epochs, 0, experiment.seed), tasks)
        report = RobustnessReport(
            retrained.epochs,
            experiment.retrain.robustness,
            {"clean": {name: spread.seeds[0] for name, spread in retrained.metrics.items()}}
            | _retrain(experiment, files, work, listener),
            {name: _refit(baseline, clean, tasks, listener) for name, baseline in baselines.items()},
        )
    finally:
        shutil.rmtree(files.disturbed, ignore_errors=True)
    report.write(files.robustness)
    return report


def _retrain(
    experiment: Experiment, files: ExperimentFolder, work: RetrainDisturbed, listener: Listener
) -> dict[str, Mapping[str, float]]:
    names = list(work.tasks)
    orders = [Order(number, {"disturbance": name}) for number, name in enumerate(names)]

    def heard(order: Order, measurement: Measurement) -> None:
        if measurement.fidelity == 1:
            listener(PhaseStarted("retraining on disturbed data", names[order.number]))

    measured = run_orders(
        experiment,
        files,
        orders,
        work,
        heard,
        names=[f"what was retrained, on disturbed data ({name})," for name in names],
    )
    return {
        name: ranking_metrics(measurement.metrics, experiment.metrics)
        for name, measurement in zip(names, measured, strict=True)
    }


def _refit(
    report: BaselineReport, clean: TrainingTask, tasks: Mapping[str, TrainingTask], listener: Listener
) -> Disturbed:
    """With the settings chosen on clean data; baselines read no text, so what disturbs it alone changes nothing."""
    listener(PhaseStarted("refitting a baseline on disturbed data", report.name))
    baseline = BASELINES[report.name](**report.settings)
    found = {"clean": report.metrics}
    for name, task in tasks.items():
        if task.data_folder == clean.data_folder:
            found[name] = report.metrics
            continue
        with limited_to(task.threads):
            found[name] = measure_on_test(baseline, open_prepared(Path(task.data_folder)), metrics=task.metrics)
    return found

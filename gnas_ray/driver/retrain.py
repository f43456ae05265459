"""The winner trained again on all that may be learned from, and the baselines beside it, each tested once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gnas_ray.core import GnasRayError, Measurement, Problem, UsageError, derive_seed
from gnas_ray.core.events import Listener, PhaseStarted
from gnas_ray.data import open_prepared
from gnas_ray.driver.cluster import connect
from gnas_ray.driver.crew import Heard, work_off
from gnas_ray.driver.preparation import prepare_again
from gnas_ray.driver.search import placement_of
from gnas_ray.driver.switchboard import Order, open_switchboard
from gnas_ray.driver.work import RetrainTrials, pack_refit
from gnas_ray.driver.worker import Work
from gnas_ray.driver.worker_group import GroupSettings
from gnas_ray.experiment import Experiment
from gnas_ray.ledger import Ledger, TrialRecord
from gnas_ray.records.folder import ExperimentFolder, open_folder
from gnas_ray.records.leaderboard import incumbent, leaderboard
from gnas_ray.records.reading import read_ledger
from gnas_ray.training import FittedRecommender, FittedTrial, Refit, TrainingTask, save_bundle, tested_together
from gnas_ray.training.baselines import check_baselines, run_baseline
from gnas_ray.training.final_test import ranking_metrics
from gnas_ray.training.reports import BaselineReport, RetrainReport, SeedSpread
from gnas_ray.training.threads import limited_to


def retrain(folder: Path, *, trial: int | None, seeds: int, ensemble: int, listener: Listener) -> RetrainReport:
    """Trains a trial on train + valid with several seeds, tests each once, and bundles the first.

    It trains as long as it took to its best epoch on validation. So do further trials where an `ensemble` is asked
    for, whose scores are added to its own before the test. Every training is an order of its own, and what it came to
    is kept in the folder until all are done, so that what was interrupted goes on with those that are missing. The
    report goes to the folder as well.

    Args:
        folder: The experiment's folder.
        trial: Its number; None for the winner.
        seeds: How many trainings of each.
        ensemble: How many trials: this one, and those best on validation beside it; fewer where fewer were measured.
        listener: Hears where it stands.

    Raises:
        UsageError: There is no such trial.
        GnasRayError: It was never measured, or no trial was; the text has the first failure.
        OrderFailedError: A training failed.
    """
    files = open_folder(folder.resolve())  # workers have a working directory of their own
    experiment, ledger = read_ledger(folder)
    epochs = to_retrain(experiment, ledger, trial, ensemble)
    what = ", ".join(f"trial {number} for {length} epochs" for number, length in epochs.items())
    with_seeds = "1 seed" if seeds == 1 else f"{seeds} seeds"
    listener(PhaseStarted("retraining", f"on train + valid with {with_seeds}: {what}"))
    task = prepare_again(experiment, files, listener)
    wanted = [refits(ledger, epochs, index, experiment.seed) for index in range(seeds)]
    refits_of_all = [refit for together in wanted for refit in together]
    _train_missing(experiment, files, task, refits_of_all, listener)
    tested = []
    for index, together in enumerate(wanted):
        listener(PhaseStarted("testing", f"seed {index + 1} of {seeds}"))
        fitted = _tested(files, task, together)
        tested.append(ranking_metrics(fitted.metrics, experiment.metrics))
        if index == 0:
            first = fitted
    metrics = {name: SeedSpread.of([values[name] for values in tested]) for name in tested[0]}
    report = RetrainReport(epochs, metrics)
    save_bundle(files.bundle, first)  # only now, so that until then it is what the last report is about
    report.write(files.retrain)
    if trial is None:
        shutil.rmtree(files.retrained)
    else:  # the winner's, interrupted before, are still to be gone on with
        for refit in refits_of_all:
            _file(files, refit).unlink()
    return report


def run_baselines(
    folder: Path, *, names: Sequence[str], listener: Listener
) -> Iterator[tuple[str, BaselineReport | GnasRayError]]:
    """Tunes each baseline on validation, refits it on train + valid and tests it once; or why it can't be fitted.

    Raises:
        UsageError: A name is unknown.
    """
    check_baselines(names)
    experiment, _ = read_ledger(folder)
    data = open_prepared(Path(prepare_again(experiment, open_folder(folder), listener).data_folder))
    for name in names:
        listener(PhaseStarted("tuning a baseline", name))
        try:
            report = run_baseline(
                name,
                data,
                metrics=experiment.metrics,
                objective=experiment.objective.metric,
                threads=experiment.resources.threads,
            )
        except GnasRayError as error:
            yield name, error
        else:
            yield name, report


def to_retrain(experiment: Experiment, ledger: Ledger, trial: int | None, ensemble: int) -> dict[int, int]:
    """The trials that are retrained together, `trial` (the winner where None) first, and how long.

    Beside it those with the highest objective on validation at any epoch, whatever rung they were stopped at: the
    measurement was as honest there, and they are trained no longer.

    Raises:
        As `retrain`.
    """
    records = ledger.trials()
    if trial is not None and not 0 <= trial < len(records):
        known = f"0 to {len(records) - 1}" if records else "none"
        raise UsageError("--trial", [Problem("", f"no trial {trial}; the ledger has {known}")])
    if trial is None:
        winner = incumbent(leaderboard(records, objectives=ledger.objectives, rungs=experiment.rungs))
        trial = winner.number if winner else None
    record = records[trial] if trial is not None else None
    best = ledger.objectives.best(record.measurements) if record else None
    if record is None or best is None:
        raise GnasRayError(f"nothing to retrain: {_why_not_measured(records, record)}")
    usable = (r for r in records if not r.is_in_vain and r.number != record.number)
    found = ((r.number, ledger.objectives.best(r.measurements)) for r in usable)
    measured = [(number, best) for number, best in found if best]
    others = sorted(measured, key=lambda other: -other[1].metrics[ledger.objective])[: ensemble - 1]
    return {record.number: best.fidelity, **{number: measurement.fidelity for number, measurement in others}}


def refits(ledger: Ledger, epochs: Mapping[int, int], index: int, experiment_seed: int) -> tuple[Refit, ...]:
    """The trials of `epochs` as they are trained anew for the `index`-th time, each with a seed of its own."""
    records = ledger.trials()
    return tuple(
        Refit(replace(records[number].spec, seed=derive_seed(experiment_seed, "retrain", number, index)), length)
        for number, length in epochs.items()
    )


def _why_not_measured(records: Sequence[TrialRecord], record: TrialRecord | None) -> str:
    failed = [r for r in records if r.is_in_vain and record in (None, r)]
    what = f"{record.spec.name} has measured nothing" if record else "no trial has measured the objective"
    if not failed or failed[0].outcome is None:
        return what
    kind = f"failed ({failed[0].outcome.failure})" if failed[0].outcome.failure else "was not trained"
    return f"{what}; {failed[0].spec.name} {kind}:\n{failed[0].outcome.detail}"


def _train_missing(
    experiment: Experiment, files: ExperimentFolder, task: TrainingTask, wanted: Sequence[Refit], listener: Listener
) -> None:
    missing = [refit for refit in wanted if FittedTrial.load(_file(files, refit), refit) is None]
    if not missing:
        return
    orders = [Order(number, pack_refit(refit, _file(files, refit))) for number, refit in enumerate(missing)]
    num_done = len(wanted) - len(missing)

    def heard(order: Order, measurement: Measurement) -> None:
        nonlocal num_done
        refit = missing[order.number]
        is_done = measurement.fidelity == refit.epochs
        num_done += is_done
        if is_done or measurement.fidelity % max(1, refit.epochs // 4) == 0:
            detail = f"trial {refit.spec.number}: epoch {measurement.fidelity} of {refit.epochs}"
            listener(PhaseStarted("retraining", f"{detail}; {num_done} of {len(wanted)} trainings done"))

    names = [f"{refit.spec.name}, retrained with seed {refit.spec.seed}," for refit in missing]
    run_orders(experiment, files, orders, RetrainTrials(task), heard, names)


def _tested(files: ExperimentFolder, task: TrainingTask, together: Sequence[Refit]) -> FittedRecommender:
    fitted = []
    for refit in together:
        one = FittedTrial.load(_file(files, refit), refit)
        if one is None:
            raise GnasRayError(f"{_file(files, refit)}: not there, though {refit.spec.name} was retrained")
        fitted.append(one)
    with limited_to(task.threads):
        return tested_together(fitted, task)


def _file(files: ExperimentFolder, refit: Refit) -> Path:
    return files.retrained / f"{refit.spec.name}-{refit.spec.seed}.safetensors"


def run_orders(
    experiment: Experiment,
    files: ExperimentFolder,
    orders: Sequence[Order],
    work: Work,
    heard: Heard,
    names: Sequence[str],
) -> list[Measurement]:
    """The last measurement of every order, numbered from 0, in their order; as many work at once as trials do.

    Raises:
        OrderFailedError: An order failed.
    """
    connect()
    placement = placement_of(experiment)
    name = f"{experiment.name}, retraining"
    with open_switchboard(name) as switchboard:
        settings = GroupSettings(name, switchboard, work, placement.group, files.ray)
        last = work_off(orders, settings, num_groups=placement.concurrent_trials, heard=heard, names=names)
    return [last[order.number] for order in orders]

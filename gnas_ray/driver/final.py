"""The reports of retraining, baselines and robustness as rows of the final tables."""

from __future__ import annotations

from collections.abc import Mapping

from gnas_ray.records.final import FinalRow, Spread
from gnas_ray.records.folder import ExperimentFolder
from gnas_ray.records.robustness import RobustnessRow
from gnas_ray.training.reports import BaselineReport, RetrainReport, RobustnessReport, SeedSpread, read_baselines


def final_rows(folder: ExperimentFolder) -> tuple[FinalRow, ...]:
    """Winner and baselines as far as they were tested; empty when nothing was."""
    report = retrained(folder)
    winner = [_winner_row(report)] if report else []
    return (*winner, *map(_baseline_row, baselines_done(folder).values()))


def retrained(folder: ExperimentFolder) -> RetrainReport | None:
    """What retraining found; None before it was done."""
    return RetrainReport.read(folder.retrain) if folder.retrain.is_file() else None


def baselines_done(folder: ExperimentFolder) -> Mapping[str, BaselineReport]:
    """The baselines that were tested, by name."""
    reports = read_baselines(folder.baselines) if folder.baselines.is_file() else ()
    return {report.name: report for report in reports}


def robustness_rows(folder: ExperimentFolder) -> tuple[RobustnessRow, ...]:
    """Winner and baselines under disturbances; empty where they were not asked for, or for another winner."""
    report, found = retrained(folder), robustness_found(folder)
    if report is None or found is None or found.epochs != report.epochs:
        return ()
    baselines = [RobustnessRow(name, metrics) for name, metrics in found.baselines.items()]
    return (RobustnessRow(_name(report), found.winner, is_winner=True), *baselines)


def robustness_found(folder: ExperimentFolder) -> RobustnessReport | None:
    """What was tested under disturbances; None before it was."""
    return RobustnessReport.read(folder.robustness) if folder.robustness.is_file() else None


def _winner_row(report: RetrainReport) -> FinalRow:
    metrics = {name: _spread(spread) for name, spread in report.metrics.items()}
    seeds = "1 seed" if report.num_seeds == 1 else f"{report.num_seeds} seeds"
    detail = f"{seeds}, {', '.join(map(str, report.epochs.values()))} epochs"
    return FinalRow(_name(report), metrics, detail, trial=report.trials[0])


def _name(report: RetrainReport) -> str:
    return f"trial{'s' if len(report.trials) > 1 else ''} {' + '.join(map(str, report.trials))}"


def _spread(spread: SeedSpread) -> Spread:
    return Spread(spread.mean, spread.std if len(spread.seeds) > 1 else None, spread.seeds)


def _baseline_row(report: BaselineReport) -> FinalRow:
    settings = ", ".join(f"{name} {value:g}" for name, value in report.settings.items())
    detail = f"{settings} (best of {report.num_settings})" if report.num_settings > 1 else settings
    return FinalRow(report.name, {name: Spread(value) for name, value in report.metrics.items()}, detail)

"""The reports of retraining and baselines as rows of the final table."""

from __future__ import annotations

from collections.abc import Mapping

from gnas_ray.records.final import FinalRow, Spread
from gnas_ray.records.folder import ExperimentFolder
from gnas_ray.training.reports import BaselineReport, RetrainReport, SeedSpread, read_baselines


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


def _winner_row(report: RetrainReport) -> FinalRow:
    metrics = {name: _spread(spread) for name, spread in report.metrics.items()}
    num_seeds = max((len(spread.seeds) for spread in report.metrics.values()), default=0)
    detail = f"{num_seeds} seeds, {report.epochs} epochs"
    return FinalRow(f"trial {report.trial}", metrics, detail, trial=report.trial)


def _spread(spread: SeedSpread) -> Spread:
    return Spread(spread.mean, spread.std if len(spread.seeds) > 1 else None, spread.seeds)


def _baseline_row(report: BaselineReport) -> FinalRow:
    settings = ", ".join(f"{name} {value:g}" for name, value in report.settings.items())
    detail = f"{settings} (best of {report.num_settings})" if report.num_settings > 1 else settings
    return FinalRow(report.name, {name: Spread(value) for name, value in report.metrics.items()}, detail)

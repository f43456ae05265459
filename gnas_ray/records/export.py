"""Trials and measurements as Parquet tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gnas_ray.core.files import written_whole
from gnas_ray.ledger import TrialRecord
from gnas_ray.records.leaderboard import LeaderboardRow


def write_tables(
    records: Sequence[TrialRecord], rows: Sequence[LeaderboardRow], *, trials: Path, measurements: Path
) -> None:
    """Write one row per trial to `trials`, one per trial and fidelity to `measurements`; each whole or not at all."""
    _write(trials_table(records, rows), trials)
    _write(measurements_table(records), measurements)


def trials_table(records: Sequence[TrialRecord], rows: Sequence[LeaderboardRow]) -> pa.Table:
    """One row per trial by number; a column per decision and hyperparameter, null where it is inactive.

    What every search has is of one type in all of them, so that tables of several can be read together.
    """
    ranked = {row.number: row for row in rows}
    ordered = sorted(records, key=lambda record: record.number)
    columns = {name: pa.array([get(r) for r in ordered], type_) for name, (type_, get) in _TRIAL_COLUMNS.items()}
    for name, type_ in _RANKED_COLUMNS.items():
        columns[name] = pa.array([getattr(ranked[record.number], name) for record in ordered], type_)
    for group in ("architecture", "hyperparameters"):
        options = [getattr(record.spec, group) for record in ordered]
        columns |= {f"{group}.{name}": _column([option.get(name) for option in options]) for name in _names(options)}
    return pa.table(columns)


def measurements_table(records: Sequence[TrialRecord]) -> pa.Table:
    """One row per trial and fidelity; a column per metric, null where it was not measured."""
    measured = [
        (record.number, at, measurement)
        for record in sorted(records, key=lambda record: record.number)
        for at, measurement in zip(record.measured_at, record.measurements, strict=True)
    ]
    metrics = [dict(measurement.metrics) for _, _, measurement in measured]
    columns: dict[str, pa.Array] = {
        "number": pa.array([number for number, _, _ in measured], pa.int64()),
        "fidelity": pa.array([measurement.fidelity for _, _, measurement in measured], pa.int64()),
        "measured_at": pa.array([at for _, at, _ in measured], pa.float64()),
    }
    for name in _names(metrics):
        columns[name] = pa.array([values.get(name) for values in metrics], pa.float64())
    return pa.table(columns)


_TRIAL_COLUMNS: dict[str, tuple[pa.DataType, Callable[[TrialRecord], Any]]] = {
    "number": (pa.int64(), lambda record: record.number),
    "state": (pa.string(), lambda record: record.state),
    "origin": (pa.string(), lambda record: record.proposal.origin),
    "policy_version": (pa.int64(), lambda record: record.proposal.policy_version),
    "log_prob": (pa.float64(), lambda record: record.proposal.log_prob),
    "num_rivals": (pa.int64(), lambda record: record.proposal.num_rivals),
    "seed": (pa.int64(), lambda record: record.spec.seed),
    "epochs": (pa.int64(), lambda record: record.fidelity),
    "reward": (pa.float64(), lambda record: record.reward),
    "started": (pa.float64(), lambda record: record.started),
    "ended": (pa.float64(), lambda record: record.ended),
    "failure": (pa.string(), lambda record: record.outcome and record.outcome.failure and record.outcome.failure.value),
    "failure_detail": (
        pa.string(),
        lambda record: record.outcome.detail if record.outcome and record.is_in_vain else None,
    ),
}


_RANKED_COLUMNS = {"rank": pa.int64(), "num_rungs": pa.int64(), "objective": pa.float64(), "seconds": pa.float64()}
"""Of the leaderboard."""


def _names(mappings: Sequence[Any]) -> list[str]:
    """Keys of all `mappings` in the order in which they first come."""
    return list(dict.fromkeys(name for mapping in mappings for name in mapping))


def _column(values: Sequence[Any]) -> pa.Array:
    """Values of one type as they are, whole numbers among fractions as fractions, any other mixture as text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        return pa.array(values, pa.float64())
    if len(kinds) > 1:
        return pa.array([None if value is None else str(value) for value in values], pa.string())
    return pa.array(values)


def _write(table: pa.Table, path: Path) -> None:
    with written_whole(path) as unfinished:
        pq.write_table(table, unfinished)

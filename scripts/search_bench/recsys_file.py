"""The table of recommenders as a Parquet file: one row a trained member."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gnas_ray.space import SearchSpace
from search_bench.recsys_members import TrainedMember, completed, from_plain

_LISTS = pa.list_(pa.float32())
_SCHEMA = pa.schema(
    {
        "index": pa.int32(),
        "origin": pa.string(),
        "parent": pa.int32(),
        "architecture": pa.string(),
        "hyperparameters": pa.string(),
        "seed": pa.int64(),
        "curves": pa.map_(pa.string(), _LISTS),
        "seconds": _LISTS,
        "ending": pa.string(),
        "failure": pa.string(),
        "detail": pa.string(),
        "seconds_to_end": pa.float32(),
        "num_parameters": pa.int64(),
        "peak_memory_bytes": pa.int64(),
        "latency_ms": pa.float32(),
    }
)
_JSON = ("architecture", "hyperparameters")
_SETTINGS = b"settings"


def write_table(path: Path, trained: Iterable[TrainedMember], settings: Mapping[str, Any]) -> None:
    """Members by index, a field a column, choices as JSON; `settings` in the schema's metadata. Whole or not at all."""
    rows = []
    for member in sorted(trained, key=lambda member: member.index):
        row = asdict(member)
        rows.append({**row, "curves": list(row["curves"].items()), **{name: json.dumps(row[name]) for name in _JSON}})
    schema = _SCHEMA.with_metadata({_SETTINGS: json.dumps(settings)})
    unfinished = path.with_name(path.name + ".unfinished")
    pq.write_table(pa.Table.from_pylist(rows, schema), unfinished, compression="zstd")
    unfinished.replace(path)


def read_table(path: Path, space: SearchSpace) -> list[TrainedMember]:
    """What `write_table` wrote, as members of `space`; curves and seconds to seven digits."""
    return [_from_row(row, space) for row in pq.read_table(path).to_pylist()]


def _from_row(row: Mapping[str, Any], space: SearchSpace) -> TrainedMember:
    choices = {name: json.loads(row[name]) for name in _JSON}
    choices["architecture"] = completed(space, choices["architecture"])
    return from_plain({**row, **choices, "curves": dict(row["curves"])})


def read_settings(path: Path) -> dict[str, Any]:
    """With which settings its members were trained."""
    settings: dict[str, Any] = json.loads(pq.read_schema(path).metadata[_SETTINGS])
    return settings

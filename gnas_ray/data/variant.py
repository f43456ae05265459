"""Prepared data with other interactions in some of its parts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gnas_ray.data.prepare import write_arrow
from gnas_ray.data.prepared import (
    EXTRA_PREFIX,
    ITEM_INDEX,
    META_FILE,
    USER_INDEX,
    Interactions,
    Part,
    PreparedData,
    open_prepared,
)
from gnas_ray.data.schema import RATING, TIMESTAMP


def write_variant(data: PreparedData, folder: Path, parts: Mapping[Part, Interactions]) -> PreparedData:
    """`data` in a new folder, with `parts` in place of its own; users, items and report stay.

    Args:
        data: What to vary.
        folder: Where to write; replaced when it is there already.
        parts: In any order of rows.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(data.folder, folder)
    for name, part in parts.items():
        write_arrow(_table(part), folder / f"{name}.arrow")
    meta = json.loads((folder / META_FILE).read_text(encoding="utf-8"))
    meta["fingerprint"] = f"{data.fingerprint}, {folder.name}"
    (folder / META_FILE).write_text(json.dumps(meta, indent=1), encoding="utf-8")
    return open_prepared(folder)


def _table(part: Interactions) -> pa.Table:
    """As preparation writes it, ordered by user and then item."""
    columns: dict[str, NDArray[Any] | None] = {USER_INDEX: part.user_index, ITEM_INDEX: part.item_index}
    columns |= {RATING: part.rating, TIMESTAMP: part.timestamp}
    columns |= {EXTRA_PREFIX + name: values for name, values in part.extra.items()}
    order = np.lexsort((part.item_index, part.user_index))
    return pa.table({name: values[order] for name, values in columns.items() if values is not None})

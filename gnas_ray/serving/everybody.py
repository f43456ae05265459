"""Recommendations for all users of the data, into a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from gnas_ray.core import Problem, UsageError, nearest
from gnas_ray.core.files import written_whole
from gnas_ray.serving.bundle import Bundle, best_items

FORMATS = (".parquet", ".csv")
_SCORES_AT_ONCE = 1 << 24
"""64 MB of them."""


def write_everybody(
    bundle: Bundle, path: Path, k: int, *, exclude_seen: bool = True, progress: Callable[[int, int], None]
) -> int:
    """Writes ``user_id, rank, item_id, score`` of each user's `k` best items, rank from 1; how many users there are.

    A product of matrices for as many users at a time as their scores have room, O(users items width) in all.

    Args:
        bundle: Whose users.
        path: A Parquet or CSV file, by its suffix; there whole or not at all.
        k: As for `Bundle.recommend`, and so is `exclude_seen`.
        exclude_seen: Leave out what each had in training.
        progress: Told users done and all users.

    Raises:
        UsageError: The suffix is neither, or `k` is below 1.
    """
    if path.suffix.lower() not in FORMATS:
        hint = nearest(path.suffix, FORMATS)
        raise UsageError(str(path), [Problem("", f"files end in {' or '.join(FORMATS)}, not {path.suffix!r}{hint}")])
    if k < 1:
        raise UsageError(str(path), [Problem("", f"k is {k}, wanted at least 1")])
    contents = bundle.contents
    fields = ("user_id", contents.user_ids.type), ("rank", pa.int32())
    schema = pa.schema([*fields, ("item_id", contents.item_ids.type), ("score", pa.float32())])
    num_users = len(contents.user_ids)
    make = pa.parquet.ParquetWriter if path.suffix.lower() == ".parquet" else pa.csv.CSVWriter
    with written_whole(path) as unfinished, make(unfinished, schema) as writer:
        for done, table in _tables(bundle, k, schema, exclude_seen=exclude_seen):
            writer.write_table(table)
            progress(done, num_users)
    return num_users


def _tables(bundle: Bundle, k: int, schema: pa.Schema, *, exclude_seen: bool) -> Iterator[tuple[int, pa.Table]]:
    contents = bundle.contents
    num_users, num_items = contents.seen.shape
    step = max(1, _SCORES_AT_ONCE // max(num_items, 1))
    for first in range(0, num_users, step):
        scores = contents.user_vectors[first : first + step] @ contents.item_vectors.T
        if exclude_seen:
            scores[contents.seen[first : first + step].nonzero()] = -np.inf
        best = [best_items(row, k) for row in scores]
        counts = [len(items) for items in best]
        users = np.repeat(np.arange(first, first + len(best)), counts)
        items = np.concatenate(best)
        columns = {
            "user_id": contents.user_ids.take(pa.array(users)),
            "rank": np.concatenate([np.arange(1, count + 1) for count in counts]).astype(np.int32),
            "item_id": contents.item_ids.take(pa.array(items)),
            "score": scores[users - first, items],
        }
        yield first + len(best), pa.table(columns, schema=schema)

"""Interactions as arrays, while they are filtered and split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gnas_ray.data.schema import ITEM_ID, RATING, TIMESTAMP, USER_ID, RawData

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Log:
    """Interactions in the order of their files; every array is (n,).

    Attributes:
        user_index: Position of the user's id among the sorted ids.
        item_index: Likewise.
        rating: Or None.
        timestamp: Or None.
        extra: Edge features by name.
        row: Row in its file.
        source: Which of the files, by position.
    """

    user_index: NDArray[np.int32]
    item_index: NDArray[np.int32]
    rating: NDArray[np.float32] | None
    timestamp: NDArray[np.int64] | None
    extra: Mapping[str, NDArray[np.float32]]
    row: Rows
    source: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.user_index)

    def take(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Log:
        """The interactions `which` selects (a mask, or positions in their new order)."""
        return Log(
            user_index=self.user_index[which],
            item_index=self.item_index[which],
            rating=None if self.rating is None else self.rating[which],
            timestamp=None if self.timestamp is None else self.timestamp[which],
            extra={name: values[which] for name, values in self.extra.items()},
            row=self.row[which],
            source=self.source[which],
        )

    def with_index(self, user_index: NDArray[np.int32], item_index: NDArray[np.int32]) -> Log:
        """The same interactions with users and items numbered anew."""
        return replace(self, user_index=user_index, item_index=item_index)

    @property
    def pair(self) -> NDArray[np.int64]:
        """One number for each (user, item)."""
        return (self.user_index.astype(np.int64) << 32) | self.item_index


@dataclass(frozen=True)
class Ids:
    """Sorted ids of the users with an interaction, and of the items with one or in the item table."""

    users: pa.Array
    items: pa.Array


def collect_ids(raw: RawData) -> Ids:
    """Every id of `raw`, sorted: integers by value, strings by their bytes."""
    items = [source.table[ITEM_ID] for source in raw.interactions]
    if raw.items is not None:
        items.append(raw.items.table[ITEM_ID])
    return Ids(_sorted_unique([source.table[USER_ID] for source in raw.interactions]), _sorted_unique(items))


def to_log(raw: RawData, ids: Ids) -> Log:
    """The interactions of all files, one after the other.

    An optional column is kept when every file has it.
    """
    tables = [source.table for source in raw.interactions]
    shared = [name for name in tables[0].column_names if all(name in table.column_names for table in tables)]

    def joined(name: str) -> NDArray[Any]:
        return np.concatenate([table[name].to_numpy() for table in tables])

    return Log(
        user_index=_index_of([table[USER_ID] for table in tables], ids.users),
        item_index=_index_of([table[ITEM_ID] for table in tables], ids.items),
        rating=joined(RATING) if RATING in shared else None,
        timestamp=joined(TIMESTAMP) if TIMESTAMP in shared else None,
        extra={name: joined(name) for name in shared if name not in (USER_ID, ITEM_ID, RATING, TIMESTAMP)},
        row=np.concatenate([source.rows for source in raw.interactions]),
        source=np.repeat(np.arange(len(tables), dtype=np.int8), [len(table) for table in tables]),
    )


def _sorted_unique(columns: Sequence[pa.ChunkedArray]) -> pa.Array:
    chunks = [chunk for column in columns for chunk in column.chunks]
    ids = pc.unique(pa.chunked_array(chunks, columns[0].type))
    return ids.take(pc.array_sort_indices(ids))


def _index_of(columns: Sequence[pa.ChunkedArray], ids: pa.Array) -> NDArray[np.int32]:
    return np.concatenate([pc.index_in(column, ids).to_numpy() for column in columns]).astype(np.int32)

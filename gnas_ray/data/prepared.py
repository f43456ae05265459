"""Prepared data as trials see it: opened in milliseconds, memory-mapped, read-only, never copied."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from gnas_ray.core import GnasRayError
from gnas_ray.data.report import PreparationReport
from gnas_ray.data.schema import ITEM_ID, RATING, TEXT, TIMESTAMP, USER_ID
from gnas_ray.data.splits import PART_NAMES

FORMAT_VERSION = 1
"""Of the files in a prepared folder; part of every fingerprint."""

META_FILE = "meta.json"
USER_INDEX, ITEM_INDEX = "user_index", "item_index"
EXTRA_PREFIX = "extra."

Part = Literal["train", "valid", "test"]


@dataclass(frozen=True)
class Interactions:
    """One part's interactions, ordered by user and then item; every array is (n,) and may be read-only.

    Attributes:
        user_index: 0..num_users-1.
        item_index: 0..num_items-1.
        rating: As given, or None when the data has none.
        timestamp: In the unit given, Unix milliseconds for dates, or None.
        extra: Edge features by the name of their column.
    """

    user_index: NDArray[np.int32]
    item_index: NDArray[np.int32]
    rating: NDArray[np.float32] | None
    timestamp: NDArray[np.int64] | None
    extra: Mapping[str, NDArray[np.float32]]

    def __len__(self) -> int:
        return len(self.user_index)

    def take(self, rows: NDArray[np.intp]) -> Interactions:
        """Some of them, in the order of `rows`."""

        def taken(values: NDArray[Any] | None) -> NDArray[Any] | None:
            return None if values is None else values[rows]

        extra = {name: values[rows] for name, values in self.extra.items()}
        user_index, item_index = self.user_index[rows], self.item_index[rows]
        return Interactions(user_index, item_index, taken(self.rating), taken(self.timestamp), extra)


@dataclass(frozen=True)
class PreparedData:
    """A split data set in a folder that never changes. Pickles as its folder's path.

    Attributes:
        folder: Where it lies.
        fingerprint: Hash of the data's content and of every option that shaped it.
        train: Interactions to learn from.
        valid: Interactions to choose by.
        test: Interactions to report on, once.
        users: `user_id` and what the user table has; row i is user i, ids ascending. Users without an interaction
            are left out.
        items: `item_id`, `text` ("" for none) and what the item table has; row i is item i, ids ascending. Items
            without an interaction are kept; those that lost theirs to a filter are not.
        report: What preparation did.
    """

    folder: Path
    fingerprint: str
    train: Interactions
    valid: Interactions
    test: Interactions
    users: pa.Table
    items: pa.Table
    report: PreparationReport

    def __reduce__(self) -> tuple[Callable[[Path], PreparedData], tuple[Path]]:
        return open_prepared, (self.folder,)

    @property
    def num_users(self) -> int:
        """Number of users."""
        return len(self.users)

    @property
    def num_items(self) -> int:
        """Number of items."""
        return len(self.items)

    @property
    def user_ids(self) -> pa.Array:
        """The user's own ids by user index: int64 or string; (num_users,)."""
        return _whole(self.users[USER_ID])

    @property
    def item_ids(self) -> pa.Array:
        """The user's own ids by item index: int64 or string; (num_items,)."""
        return _whole(self.items[ITEM_ID])

    @property
    def item_texts(self) -> pa.StringArray:
        """Texts by item index, "" where there is none; (num_items,)."""
        return _whole(self.items[TEXT])

    def part(self, name: Part) -> Interactions:
        """The part called `name`."""
        return {"train": self.train, "valid": self.valid, "test": self.test}[name]

    def joined(self, *names: Part) -> Interactions:
        """Several parts as one, ordered by user and then item. A copy, unless `names` is a single one."""
        parts = [self.part(name) for name in names]
        return parts[0] if len(parts) == 1 else join(parts)

    def csr(self, *names: Part, values: Literal["ones", "rating"] = "ones") -> csr_matrix:
        """Parts as a float32 sparse matrix (num_users, num_items) with sorted indices.

        A repeated interaction counts once; with ``rating`` its last rating counts.

        Raises:
            ValueError: ``rating`` of data without ratings.
        """
        part = self.joined(*names)
        if values == "rating" and part.rating is None:
            raise ValueError("the data has no ratings")
        starts = np.searchsorted(part.user_index, np.arange(self.num_users + 1, dtype=np.int32)).astype(np.int32)
        data = np.ones(len(part), np.float32) if values == "ones" else np.array(part.rating)
        indices = part.item_index
        last = np.diff(part.item_index, append=-1) != 0
        last |= np.diff(part.user_index, append=-1) != 0
        if not last.all():
            indices, data = indices[last], data[last]
            starts = np.concatenate([[0], np.cumsum(last)]).astype(np.int32)[starts]
        matrix = csr_matrix((data, indices, starts), shape=(self.num_users, self.num_items), copy=False)
        matrix.has_sorted_indices = matrix.has_canonical_format = True
        return matrix

    def train_csr(self) -> csr_matrix:
        """Who interacted with what in train: ones, (num_users, num_items)."""
        return self.csr("train")


def open_prepared(folder: Path) -> PreparedData:
    """The prepared data in `folder`, memory-mapped.

    Raises:
        GnasRayError: `folder` holds none, or another version's.
    """
    folder = Path(folder)
    if not (folder / META_FILE).is_file():
        raise GnasRayError(f"{folder}: no prepared data here")
    meta: dict[str, Any] = json.loads((folder / META_FILE).read_text(encoding="utf-8"))
    if meta["format_version"] != FORMAT_VERSION:
        raise GnasRayError(f"{folder}: prepared by another version of gnas_ray; prepare it again")
    parts = {name: _to_interactions(_map(folder / f"{name}.arrow")) for name in PART_NAMES}
    return PreparedData(
        folder=folder,
        fingerprint=meta["fingerprint"],
        **parts,
        users=_map(folder / "users.arrow"),
        items=_map(folder / "items.arrow"),
        report=PreparationReport.from_dict(meta["report"]),
    )


def _map(path: Path) -> pa.Table:
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def _to_interactions(table: pa.Table) -> Interactions:
    def column(name: str) -> NDArray[Any] | None:
        # Not `to_numpy`, which imports pandas: 0.3 s and 40 MB in every process.
        return np.from_dlpack(_whole(table[name])) if name in table.column_names else None

    extra = [name for name in table.column_names if name.startswith(EXTRA_PREFIX)]
    return Interactions(
        user_index=column(USER_INDEX),  # type: ignore[arg-type]
        item_index=column(ITEM_INDEX),  # type: ignore[arg-type]
        rating=column(RATING),
        timestamp=column(TIMESTAMP),
        extra={name.removeprefix(EXTRA_PREFIX): column(name) for name in extra},  # type: ignore[misc]
    )


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def join(parts: Sequence[Interactions]) -> Interactions:
    """Several parts as one, ordered by user and then item; a column that one of them lacks is left out."""
    user_index = np.concatenate([part.user_index for part in parts])
    item_index = np.concatenate([part.item_index for part in parts])
    order = np.lexsort((item_index, user_index))

    def joined(columns: list[NDArray[Any] | None]) -> NDArray[Any] | None:
        present = [column for column in columns if column is not None]
        return np.concatenate(present)[order] if len(present) == len(columns) else None

    extra = {name: joined([part.extra[name] for part in parts]) for name in parts[0].extra}
    return Interactions(
        user_index=user_index[order],
        item_index=item_index[order],
        rating=joined([part.rating for part in parts]),
        timestamp=joined([part.timestamp for part in parts]),
        extra={name: values for name, values in extra.items() if values is not None},
    )

"""The one schema of tables, whatever file they came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

USER_ID, ITEM_ID, RATING, TIMESTAMP, TEXT = "user_id", "item_id", "rating", "timestamp", "text"


@dataclass(frozen=True)
class SourceTable:
    """A table in our schema and where each row stands in its file.

    Interactions: `user_id` and `item_id` (int64 or string), optional `rating` (float32) and `timestamp` (int64),
    further numeric columns (float32): edge features. Items: `item_id`, `text` (string, "" for none), category
    lists (list of strings) and numeric columns. Users: `user_id`, and likewise.

    Attributes:
        file: The file's name as the user wrote it.
        table: One chunk a column, no nulls.
        rows: Row number of every row in the file, from 1, the header counted; shape (n,).
        column_in_file: Our column name -> the file's, where they differ.
    """

    file: str
    table: pa.Table
    rows: NDArray[np.int64]
    column_in_file: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RawData:
    """What a data set loads.

    Attributes:
        interactions: One table to be split, or three: train, valid, test.
        items: The item table, or None.
        users: The user table, or None.
        keep_unknown_ids: An id in valid or test that is nowhere else is kept rather than refused.
    """

    interactions: Sequence[SourceTable]
    items: SourceTable | None = None
    users: SourceTable | None = None
    keep_unknown_ids: bool = False

    @property
    def parts_are_given(self) -> bool:
        """Whether `interactions` are train, valid and test."""
        return len(self.interactions) == 3

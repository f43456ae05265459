"""The user's own files: Parquet, CSV or TSV, one table that we split or three that we take as given."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import model_validator

from gnas_ray.data.datasets.base import Dataset, Fetched
from gnas_ray.data.schema import RawData
from gnas_ray.data.tablefile import AnyTableFile


class Files(Dataset):
    """Interactions from the user's own files, with item and user tables beside them.

    Attributes:
        interactions: One table that we split; or else
        train: The user's own split, used exactly as given, with
        valid: its validation part and
        test: its test part.
        items: Item table: `item_id`, `text`, category lists, numeric columns.
        users: User table: `user_id`, category lists, numeric columns.
        unknown_ids: What to do about an id in `valid` or `test` that is neither in `train` nor in the item
            (user) table: ``error``, or ``keep`` it as a cold-start item (user) and count it.
    """

    name: Literal["files"] = "files"
    interactions: AnyTableFile | None = None
    train: AnyTableFile | None = None
    valid: AnyTableFile | None = None
    test: AnyTableFile | None = None
    items: AnyTableFile | None = None
    users: AnyTableFile | None = None
    unknown_ids: Literal["error", "keep"] = "error"

    @model_validator(mode="after")
    def _one_table_or_three(self) -> Files:
        parts = [self.train, self.valid, self.test]
        if self.interactions is not None and not any(parts):
            return self
        if self.interactions is None and all(parts):
            return self
        raise ValueError("give either 'interactions', to be split, or all three of 'train', 'valid', 'test'")

    def fetch(self, home: Path, source: Path | None = None) -> Fetched:  # noqa: D102
        raise NotImplementedError

    def content_key(self, home: Path) -> str:  # noqa: D102
        raise NotImplementedError

    def load(self, home: Path) -> RawData:  # noqa: D102
        raise NotImplementedError

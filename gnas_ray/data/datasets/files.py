"""The user's own files: Parquet, CSV or TSV, one table that we split or three that we take as given."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import model_validator

from gnas_ray.core import GnasRayError, Problem, UsageError
from gnas_ray.data.checks import check_tables
from gnas_ray.data.datasets.base import Dataset, Fetched
from gnas_ray.data.schema import ITEM_ID, USER_ID, RawData, SourceTable
from gnas_ray.data.splits import PART_NAMES
from gnas_ray.data.tablefile import AnyTableFile, TableFile
from gnas_ray.data.tables import INTERACTIONS, ITEMS, USERS, Loaded, load_table, unify_ids


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
        raise GnasRayError("the data set 'files' is the user's own: name the files under data.dataset")

    def content_key(self, home: Path) -> str:  # noqa: D102
        described = self.model_dump(mode="json")
        for key, file in self._files().items():
            # Wherever it lies and whatever its name, what is in it counts, and how it is read.
            described[key] |= {"path": _hash_of(file.path), "format": file.kind}
        return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()

    def load(self, home: Path) -> RawData:  # noqa: D102
        problems: list[Problem] = []
        loaded: dict[str, Loaded] = {}
        for key, file in self._files().items():
            table, more = load_table(file, _ROLES[key])
            problems += more
            if table is not None:
                loaded[key] = table
        types_agree = True
        for name in (USER_ID, ITEM_ID):
            tables, more = unify_ids(list(loaded.values()), name)
            loaded = dict(zip(loaded, tables, strict=True))
            problems += more
            types_agree &= not more
        sources = {key: table.source for key, table in loaded.items()}
        if problems:
            raise UsageError("data", problems + (self._further_problems(sources) if types_agree else []))
        return self._assemble(sources)

    def _further_problems(self, sources: dict[str, SourceTable]) -> list[Problem]:
        """What is wrong between the tables that could be read, while some cell or file is bad already."""
        missing = self._files().keys() - sources.keys()
        if any(_ROLES[key] is INTERACTIONS for key in missing):
            return []
        raw = self._assemble(sources)
        # An id may be in the table that could not be read.
        return check_tables(replace(raw, keep_unknown_ids=True) if missing else raw)

    def _files(self) -> dict[str, TableFile]:
        return {key: file for key in _ROLES if (file := getattr(self, key)) is not None}

    def _assemble(self, tables: dict[str, SourceTable]) -> RawData:
        return RawData(
            interactions=tuple(tables[key] for key in ("interactions", *PART_NAMES) if key in tables),
            items=tables.get("items"),
            users=tables.get("users"),
            keep_unknown_ids=self.unknown_ids == "keep",
        )


_ROLES = {
    "interactions": INTERACTIONS,
    "train": INTERACTIONS,
    "valid": INTERACTIONS,
    "test": INTERACTIONS,
    "items": ITEMS,
    "users": USERS,
}


def _hash_of(path: Path) -> str:
    if not path.is_file():
        return ""  # `load` tells it, together with every other problem
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()

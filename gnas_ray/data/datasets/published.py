"""Data sets that others publish: fetched once, verified, and kept as Parquet with a note of where they came from."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import zipfile
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
from filelock import FileLock

from gnas_ray.core import GnasRayError
from gnas_ray.data.datasets.base import Dataset, Fetched
from gnas_ray.data.datasets.parsing import in_memory
from gnas_ray.data.datasets.verification import checksum, count
from gnas_ray.data.schema import RawData

_ORIGIN_FILE = "origin.json"
_TABLES = ("ratings", "items", "users")
_ROWS_AT_ONCE = 1 << 16


@dataclass(frozen=True)
class Published:
    """How one data set comes to this machine.

    Attributes:
        title: Its name in sentences.
        command: What fetches it: ``gnas-ray data fetch ...`` without ``--from``.
        ways: What to try, in this order: what it is, for people, and what puts the files into a folder.
        read: The tables of the files in (or below) a folder; `GnasRayError` when it is not the data set.
        files: The files that a folder of one's own must hold, for people.
    """

    title: str
    command: str
    ways: Sequence[tuple[str, Callable[[Path], None]]]
    read: Callable[[Path], RawData]
    files: str

    def fetch(self, folder: Path, source: Path | None) -> Fetched:
        """`Dataset.fetch` into `folder`."""
        if source is not None or not (folder / _ORIGIN_FILE).is_file():
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{folder}.lock"):
                if source is not None:
                    _store(self.read(source), f"the folder {source}", folder)
                elif not (folder / _ORIGIN_FILE).is_file():  # another process may have been faster
                    self._download(folder)
        origin = _origin(folder)
        return Fetched(folder, origin["origin"], origin["sha256"], origin["counts"])

    def load(self, folder: Path) -> RawData:
        """What `fetch` stored in `folder`."""
        tables = {
            name: in_memory(f"{self.title} {name}", pa.parquet.read_table(path))
            for name in _TABLES
            if (path := folder / f"{name}.parquet").is_file()
        }
        return RawData((tables["ratings"],), tables.get("items"), tables.get("users"))

    def _download(self, folder: Path) -> None:
        failures = []
        for way, download in self.ways:
            with tempfile.TemporaryDirectory(dir=folder.parent) as unpacked:
                try:
                    download(Path(unpacked))
                    return _store(self.read(Path(unpacked)), way, folder)
                except (OSError, zipfile.BadZipFile, GnasRayError) as error:
                    failures.append(f"  {way}: {error}")
        raise GnasRayError(
            f"{self.title} can't be had; the ways to get it and why they failed here:\n"
            + "\n".join(failures)
            + f"\n  your own copy: {self.command} --from FOLDER, a folder with {self.files}"
        )


class PublishedDataset(Dataset):
    """One that others publish: a member says how it comes to this machine."""

    @property
    @abstractmethod
    def published(self) -> Published:
        """How."""

    def folder(self, home: Path) -> Path:
        """Where it is kept."""
        return home / "datasets" / self.name

    def fetch(self, home: Path, source: Path | None = None) -> Fetched:  # noqa: D102
        return self.published.fetch(self.folder(home), source)

    def content_key(self, home: Path) -> str:  # noqa: D102
        key: str = _origin(self.fetch(home).folder)["content_key"]
        return key

    def load(self, home: Path) -> RawData:  # noqa: D102
        return self.published.load(self.fetch(home).folder)


def _store(raw: RawData, origin: str, folder: Path) -> None:
    """Write the tables and where they came from; `folder` appears whole, or as it was."""
    tables = {
        name: source.table
        for name, source in zip(_TABLES, (raw.interactions[0], raw.items, raw.users), strict=True)
        if source is not None
    }
    unfinished = Path(tempfile.mkdtemp(dir=folder.parent))
    for name, table in tables.items():
        pa.parquet.write_table(table, unfinished / f"{name}.parquet")
    described = {
        "origin": origin,
        "sha256": checksum(raw.interactions[0].table),
        "counts": count(raw),
        "content_key": _content_key(tables),
    }
    (unfinished / _ORIGIN_FILE).write_text(json.dumps(described, indent=1), encoding="utf-8")
    unfinished.chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.replace(folder)


def _content_key(tables: Mapping[str, pa.Table]) -> str:
    """Hash of every cell and its position: the row order decides ties in time."""
    content = hashlib.sha256()
    for name, table in tables.items():
        content.update(f"{name} {len(table)}\n".encode())
        for batch in table.combine_chunks().to_batches(max_chunksize=_ROWS_AT_ONCE):
            content.update(json.dumps(batch.to_pydict()).encode())
    return content.hexdigest()


def _origin(folder: Path) -> dict[str, Any]:
    origin: dict[str, Any] = json.loads((folder / _ORIGIN_FILE).read_text(encoding="utf-8"))
    return origin

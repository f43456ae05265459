"""MovieLens-100K (Harper and Konstan 2015, doi:10.1145/2827872): films, 943 users, 100,000 ratings.

GroupLens allows research use and no redistribution, so it is fetched, never shipped.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from filelock import FileLock

from gnas_ray.core import GnasRayError
from gnas_ray.core.wheels import download_wheel
from gnas_ray.data.datasets.base import Dataset, Fetched
from gnas_ray.data.datasets.movielens_forms import find_files, in_memory, read_files
from gnas_ray.data.downloads import download_zip
from gnas_ray.data.schema import ITEM_ID, RATING, TIMESTAMP, USER_ID, RawData

ADDRESS = "https://files.grouplens.org/datasets/movielens/ml-100k.zip"
WHEEL = "recbole==1.2.1"
COUNTS = {"users": 943, "items": 1682, "interactions": 100_000}
SHA256 = "6cfffb52c89b05fbc3afb75f6912eeda04c81c2add0dc58e773a0ef6c8adb160"
"""Of the ratings, see `checksum`."""

_WAYS: tuple[tuple[str, Callable[[Path], None]], ...] = (
    (ADDRESS, lambda folder: download_zip(ADDRESS, folder)),
    (f"the wheel of {WHEEL}, through pip", lambda folder: download_wheel(WHEEL, folder)),
)
_ORIGIN_FILE = "origin.json"
_TABLES = ("ratings", "items", "users")


class MovieLens100K(Dataset):
    """MovieLens-100K; the item text is ``Toy Story (1995). Genres: Animation, Children's, Comedy``."""

    name: Literal["movielens-100k"] = "movielens-100k"

    def fetch(self, home: Path, source: Path | None = None) -> Fetched:  # noqa: D102
        folder = home / "datasets" / self.name
        if source is not None or not (folder / _ORIGIN_FILE).is_file():
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{folder}.lock"):
                if source is not None:
                    _store(_from_folder(source), f"the folder {source}", folder)
                elif not (folder / _ORIGIN_FILE).is_file():  # another process may have been faster
                    _download(folder)
        origin = json.loads((folder / _ORIGIN_FILE).read_text(encoding="utf-8"))
        return Fetched(folder, origin["origin"], origin["sha256"], dict(COUNTS))

    def content_key(self, home: Path) -> str:  # noqa: D102
        folder = self.fetch(home).folder
        key: str = json.loads((folder / _ORIGIN_FILE).read_text(encoding="utf-8"))["content_key"]
        return key

    def load(self, home: Path) -> RawData:  # noqa: D102
        folder = self.fetch(home).folder
        ratings, items, users = (in_memory(name, pa.parquet.read_table(folder / f"{name}.parquet")) for name in _TABLES)
        return RawData((ratings,), items, users)


def checksum(ratings: pa.Table) -> str:
    """SHA-256 of the lines ``user<tab>item<tab>rating<tab>timestamp`` of all ratings, sorted by user and item."""
    columns = [ratings[name].to_numpy().astype(np.int64) for name in (USER_ID, ITEM_ID, RATING, TIMESTAMP)]
    lines = np.stack(columns, axis=1)[np.lexsort((columns[1], columns[0]))]
    text = "".join("\t".join(map(str, line)) + "\n" for line in lines.tolist())
    return hashlib.sha256(text.encode()).hexdigest()


def _from_folder(source: Path) -> RawData:
    files = find_files(source)
    if files is None:
        raise GnasRayError(f"{source}: neither u.data, u.item, u.user nor ml-100k.inter, .item, .user are here")
    return _verified(read_files(files), str(files))


def _download(folder: Path) -> None:
    failures = []
    for way, download in _WAYS:
        with tempfile.TemporaryDirectory(dir=folder.parent) as unpacked:
            try:
                download(Path(unpacked))
                return _store(_from_folder(Path(unpacked)), way, folder)
            except (OSError, zipfile.BadZipFile, GnasRayError) as error:
                failures.append(f"  {way}: {error}")
    raise GnasRayError(
        "MovieLens-100K can't be had; the ways to get it and why they failed here:\n"
        + "\n".join(failures)
        + "\n  your own copy: gnas-ray data fetch movielens-100k --from FOLDER, a folder with the files of"
        " ml-100k.zip (u.data, u.item, u.user) or of RecBole (ml-100k.inter, .item, .user)"
    )


def _verified(raw: RawData, where: str) -> RawData:
    """`raw`, when it is the data set.

    Raises:
        GnasRayError: Its counts or its checksum differ.
    """
    ratings, items = raw.interactions[0].table, raw.items.table if raw.items else pa.table({})
    counts = {
        "users": len(ratings[USER_ID].unique()),
        "items": len(items),
        "interactions": len(ratings),
    }
    if counts != COUNTS:
        raise GnasRayError(f"{where}: not MovieLens-100K, which has {COUNTS}; here are {counts}")
    if (found := checksum(ratings)) != SHA256:
        raise GnasRayError(f"{where}: not MovieLens-100K, the checksum of the ratings is {found}, not {SHA256}")
    return raw


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
    described = {"origin": origin, "sha256": SHA256, "counts": COUNTS, "content_key": _content_key(tables)}
    (unfinished / _ORIGIN_FILE).write_text(json.dumps(described, indent=1), encoding="utf-8")
    unfinished.chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.replace(folder)


def _content_key(tables: dict[str, pa.Table]) -> str:
    """Hash of every cell and its position: the row order decides ties in time."""
    text = json.dumps({name: table.to_pydict() for name, table in tables.items()})
    return hashlib.sha256(text.encode()).hexdigest()

"""Reading a bundle's files, or saying which of them is broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from safetensors import SafetensorError
from safetensors.numpy import load_file

from gnas_ray.core import GnasRayError
from gnas_ray.training.bundle import BundleContents, read_bundle

READERS: dict[str, Callable[[Path], object]] = {
    "bundle.json": lambda path: json.loads(path.read_text(encoding="utf-8")),
    "vectors.safetensors": load_file,
    "seen.safetensors": load_file,
    "users.parquet": pq.read_table,
    "items.parquet": pq.read_table,
}
"""The files that serving needs, and what reads each alone."""
_BROKEN = (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError, pa.ArrowException)
"""What reading a file raises that is not what it should be."""


class BundleError(GnasRayError):
    """A folder is no bundle, or one of its files is missing or broken."""


def read_files(folder: Path) -> BundleContents:
    """The bundle in `folder`, complete and consistent.

    Raises:
        BundleError: It is not; the text names the file.
    """
    if not (folder / "bundle.json").is_file():
        what = "no such folder" if not folder.exists() else "no bundle here (no bundle.json in it)"
        raise BundleError(f"{folder}: {what}; `gnas-ray retrain FOLDER` writes the winner's bundle")
    try:
        contents = read_bundle(folder)
    except GnasRayError as error:
        raise BundleError(str(error)) from error
    except _BROKEN as error:
        raise BundleError(_which_is_broken(folder, error)) from error
    if problem := _mismatch(contents):
        raise BundleError(f"{folder}: {problem}; it was not written as one")
    return contents


def _which_is_broken(folder: Path, error: Exception) -> str:
    """The first file that can't be read alone, and why."""
    for name, read in READERS.items():
        path = folder / name
        if not path.is_file():
            return f"{path}: missing; write the bundle anew with `gnas-ray retrain`"
        try:
            read(path)
        except _BROKEN as reason:
            return f"{path}: can't be read ({reason}); write the bundle anew with `gnas-ray retrain`"
    return f"{folder}: not a bundle of this version ({error!r})"


def _mismatch(contents: BundleContents) -> str:
    """Why the files don't fit together; "" when they do."""
    num_users, width = contents.user_vectors.shape
    num_items, item_width = contents.item_vectors.shape
    if width != item_width:
        return f"vectors.safetensors has user vectors of width {width}, item vectors of width {item_width}"
    if contents.item_keys is not None and contents.item_keys.shape != contents.item_vectors.shape:
        wanted, found = (" x ".join(map(str, a.shape)) for a in (contents.item_vectors, contents.item_keys))
        return f"vectors.safetensors has item vectors of {wanted}, item keys of {found}"
    if num_users != len(contents.user_ids):
        return f"vectors.safetensors has {num_users} users, users.parquet {len(contents.user_ids)}"
    if num_items != len(contents.item_ids):
        return f"vectors.safetensors has {num_items} items, items.parquet {len(contents.item_ids)}"
    return ""

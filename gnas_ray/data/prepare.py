"""Prepared data, made once: addressed by its content, written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import pyarrow as pa
from filelock import FileLock

from gnas_ray.data.build import Built, build
from gnas_ray.data.options import DataOptions
from gnas_ray.data.prepared import FORMAT_VERSION, META_FILE, PreparedData, open_prepared
from gnas_ray.data.splits import PART_NAMES


def prepare(options: DataOptions, home: Path) -> PreparedData:
    """The data of `options`, prepared in a folder named after its content; opened when it is there already.

    Fetches a data set that `home` lacks. Several processes may call it at once: one prepares, the others wait.

    Raises:
        UsageError: Every problem of the data at once.
        GnasRayError: The data can't be had.
    """
    fingerprint = fingerprint_of(options, home)
    folder = home / "prepared" / fingerprint
    if not _is_whole(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if not _is_whole(folder):
                _write_atomically(build(options, home), fingerprint, folder)
    return open_prepared(folder)


def fingerprint_of(options: DataOptions, home: Path) -> str:
    """Hash of the data's content and of every option that shapes it: 32 hexadecimal digits."""
    rule = options.split_rule
    shaping = {
        "format_version": FORMAT_VERSION,
        "content": options.dataset.content_key(home),
        "split": rule.model_dump(mode="json") if rule else "given",
        "filters": options.model_dump(mode="json", exclude={"dataset", "split"}),
    }
    return hashlib.blake2b(json.dumps(shaping, sort_keys=True).encode(), digest_size=16).hexdigest()


def _is_whole(folder: Path) -> bool:
    names = (META_FILE, *(f"{name}.arrow" for name in (*PART_NAMES, "users", "items")))
    return all((folder / name).is_file() for name in names)


def _write_atomically(built: Built, fingerprint: str, folder: Path) -> None:
    """Write beside `folder`, then rename: a reader sees all of it or nothing."""
    unfinished = Path(tempfile.mkdtemp(prefix=f".{fingerprint}.", dir=folder.parent))
    try:
        for name, table in {**built.parts, "users": built.users, "items": built.items}.items():
            write_arrow(table, unfinished / f"{name}.arrow")
        meta = {"format_version": FORMAT_VERSION, "fingerprint": fingerprint, "report": built.report.to_dict()}
        (unfinished / META_FILE).write_text(json.dumps(meta, indent=1), encoding="utf-8")
        unfinished.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)  # what a clean-up of old files left of it
        unfinished.replace(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def write_arrow(table: pa.Table, path: Path) -> None:
    """One record batch, uncompressed: so every column can be mapped as a whole."""
    batch = table.combine_chunks()
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_table(batch)

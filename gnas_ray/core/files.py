"""Where files are, and that they are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A place beside `path` to write to, renamed at the end: others, also after a kill, see the old file or the new."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield unfinished
        flush_to_disk(unfinished)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def flush_to_disk(path: Path) -> None:
    """Without it, a machine that loses its power may keep the name of what was written and not the content."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def write_whole(path: Path, text: str) -> None:
    """Writes `text` so."""
    with written_whole(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def drop_half_line(path: Path) -> None:
    """Cuts a last line without its line end: a write that a kill or a full disk interrupted, to which the next line
    would be glued.
    """
    if not path.exists():
        return
    with path.open("r+b") as file:
        end = file.seek(0, 2)
        keep = end
        while keep > 0:
            start = max(0, keep - 65536)
            file.seek(start)
            newline = file.read(keep - start).rfind(b"\n")
            keep = start + newline + 1
            if newline >= 0:
                break
        if keep < end:
            file.truncate(keep)


def expand_home(path: Path) -> Path:
    """`path` with the user's own folder for a leading ``~``; as it is where ``~NAME`` names nobody."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path

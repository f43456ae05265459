"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A place beside `path` to write to, renamed at the end: others, also after a kill, see the old file or the new."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    yield unfinished
    unfinished.replace(path)


def write_whole(path: Path, text: str) -> None:
    """Writes `text` so."""
    with written_whole(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")

"""A mistake in a file, by its place in the document; whoever read the document knows the line."""

from __future__ import annotations

from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Keys and indices from the document's top, e.g. ``("decisions", "layer", "times")``."""


@dataclass(frozen=True)
class Mistake:
    """What is wrong at `path`, and the nearest right answer."""

    path: Path
    what: str

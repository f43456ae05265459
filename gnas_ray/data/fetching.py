"""Getting a data set by its name."""

from __future__ import annotations

from pathlib import Path

from gnas_ray.core import Problem, UsageError, nearest
from gnas_ray.data.datasets import DATASETS, Fetched


def fetch(name: str, home: Path, source: Path | None = None) -> Fetched:
    """Put the data set `name` under `home`, verified; a no-op when it is there and `source` is None.

    Args:
        name: One of `DATASETS`.
        home: The folder of `find_home`.
        source: A folder with the original files; None to download them.

    Raises:
        UsageError: No data set has that name.
        GnasRayError: No way to get it worked (the text lists all of them), or what came is not the data set.
    """
    if name not in DATASETS:
        raise UsageError("data", [Problem("", f"no data set {name!r}{nearest(name, DATASETS)}")])
    return DATASETS[name](name=name).fetch(home, source)

"""Getting a data set by its name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gnas_ray.core import Problem, UsageError, nearest
from gnas_ray.data.datasets import DATASETS, Dataset, Fetched


def fetch(name: str, home: Path, source: Path | None = None, options: Mapping[str, Any] | None = None) -> Fetched:
    """Put the data set `name` under `home`, verified; a no-op when it is there and `source` is None.

    Args:
        name: One of `DATASETS`.
        home: The folder of `find_home`.
        source: A folder with the original files; None to download them.
        options: The data set's own keys, as under ``data.dataset``.

    Raises:
        UsageError: No data set has that name, or it has not those keys.
        GnasRayError: No way to get it worked (the text lists all of them), or what came is not the data set.
    """
    if name not in DATASETS:
        raise UsageError("data", [Problem("", f"no data set {name!r}{nearest(name, DATASETS)}")])
    try:
        dataset = DATASETS[name].model_validate({"name": name, **(options or {})})
    except ValidationError as error:
        raise UsageError(name, [_problem(detail, DATASETS[name]) for detail in error.errors()]) from None
    return dataset.fetch(home, source)


def _problem(detail: ErrorDetails, kind: type[Dataset]) -> Problem:
    """One of pydantic's complaints, in the words of who gave the keys."""
    key = ".".join(map(str, detail["loc"]))
    if detail["type"] == "extra_forbidden":
        return Problem("", f"unknown key {key!r}{nearest(key, kind.model_fields)}")
    if detail["type"] == "missing":
        return Problem("", f"missing key {key!r}: --set {key}=VALUE")
    if detail["type"] == "literal_error":
        known = get_args(kind.model_fields[key].annotation)
        return Problem("", f"{key} is {detail['input']!r}{nearest(str(detail['input']), map(str, known))}")
    what = detail["msg"].removeprefix("Value error, ")
    return Problem("", f"{key}: {what}" if key else what)

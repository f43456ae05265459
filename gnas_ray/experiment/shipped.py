"""The YAML files that come with the product."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from gnas_ray.core import Problem, UsageError, nearest
from gnas_ray.core.files import expand_home

_ABOVE_PACKAGE = Path(__file__).parents[2]
_SHARED = "share/gnas_ray/search_spaces"
"""Where pyproject.toml puts them, under the installer's prefix."""
_SHIPPED_UNDER = (Path(), Path("search_spaces"))
"""Behind any other folder, the name of a shipped file is somebody's own, or mistyped."""


def find_search_space_file(name: str | Path, *, beside: Path | None = None) -> Path:
    """The file `name`: as a path from here (or `beside`), or else one that comes with gnas_ray.

    Args:
        name: A path, or a shipped file's name with or without ``.yaml``, alone or behind ``search_spaces/``.
        beside: The folder that a relative path starts from; None for the working folder.

    Raises:
        UsageError: There is none; the text names the nearest of those that are there or shipped.
    """
    path = Path(name)
    given = (beside or Path()) / expand_home(path)
    if given.is_file():
        return given
    shipped = shipped_files()
    for candidate in (path.name, f"{path.name}.yaml"):
        if path.parent in _SHIPPED_UNDER and candidate in shipped:
            return shipped[candidate]
    near = sorted(file.name for file in given.parent.glob("*.yaml"))
    raise UsageError(str(name), [Problem("", f"no such file{nearest(path.name, dict.fromkeys((*near, *shipped)))}")])


def shipped_files() -> dict[str, Path]:
    """The shipped YAML files by name: those of the checkout we run from, or those that were installed."""
    checkout = _ABOVE_PACKAGE / "search_spaces"
    found = checkout.glob("*.yaml") if checkout.is_dir() else _installed()
    return {path.name: path for path in sorted(found)}


def _installed() -> list[Path]:
    """The wheel's data files, wherever the installer's scheme put them."""
    try:
        listed = files("gnas-ray") or []
    except PackageNotFoundError:
        listed = []
    recorded = [Path(str(file.locate())).resolve() for file in listed if file.match("search_spaces/*.yaml")]
    # `pip install --target` moves them and does not record it.
    return [path for path in recorded if path.is_file()] or [*(_ABOVE_PACKAGE / _SHARED).glob("*.yaml")]

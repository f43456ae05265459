"""Which software and which machine made an experiment's numbers."""

from __future__ import annotations

import json
import platform
from pathlib import Path

from gnas_ray.core.files import write_whole
from gnas_ray.core.versions import version_of

PACKAGES = (
    "gnas-ray",
    "ray",
    "torch",
    "torch-geometric",
    "transformers",
    "optuna",
    "pyarrow",
    "numpy",
    "scipy",
    "implicit",
)
"""Packages that can change a number."""
_THEN = ", then "


def installed_versions() -> dict[str, str]:
    """Version by package, with Python's and the platform's; an absent package reads ``not installed``."""
    own = {"python": platform.python_version(), "platform": platform.platform()}
    return {**own, **{package: version_of(package) for package in PACKAGES}}


def note_versions(path: Path) -> None:
    """Write `installed_versions` as JSON to `path`, beside those that differ and are noted there: ``2.0, then 2.1``."""
    noted = read_versions(path)
    versions = {name: _beside(noted.get(name, ""), found) for name, found in installed_versions().items()}
    write_whole(path, json.dumps(versions, indent=2) + "\n")


def _beside(noted: str, found: str) -> str:
    if not noted:
        return found
    return noted if noted.rsplit(_THEN, maxsplit=1)[-1] == found else f"{noted}{_THEN}{found}"


def read_versions(path: Path) -> dict[str, str]:
    """What `note_versions` wrote; empty where there is no file."""
    if not path.is_file():
        return {}
    versions: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return versions

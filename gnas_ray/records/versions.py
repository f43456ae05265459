"""Which software and which machine made an experiment's numbers."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from gnas_ray.core.files import write_whole

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


def installed_versions() -> dict[str, str]:
    """Version by package, with Python's and the platform's; an absent package reads ``not installed``."""
    versions = {"python": platform.python_version(), "platform": platform.platform()}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return versions


def write_versions(path: Path, facts: Mapping[str, str] | None = None) -> None:
    """Write `installed_versions` and further `facts` (fingerprints, checksums) as JSON to `path`."""
    write_whole(path, json.dumps({**installed_versions(), **(facts or {})}, indent=2) + "\n")


def read_versions(path: Path) -> dict[str, str]:
    """What `write_versions` wrote; empty where there is no file."""
    if not path.is_file():
        return {}
    versions: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return versions

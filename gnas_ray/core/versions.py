"""Which version of a package is at work."""

from __future__ import annotations

from importlib import metadata

ABSENT = "not installed"


def version_of(package: str) -> str:
    """The package's version, or `ABSENT`.

    Ours is that of the code that runs: on a cluster it may have been sent along, and never installed.
    """
    if package == "gnas-ray":
        from gnas_ray import __version__

        return __version__
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ABSENT

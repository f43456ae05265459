"""gnas_ray: architecture and hyperparameter search for recommenders, on Ray.

Example::

    import gnas_ray

    found = gnas_ray.search("search_spaces/quickstart.yaml", overrides=["budget.trials=50"])
    found.incumbent.architecture
    found.bundle.recommend(196, 10)

Importing this loads neither torch nor Ray.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gnas_ray.notebook import SearchResult, open_result, resume, search

__version__ = "0.1.0"
__all__ = ["SearchResult", "__version__", "open_result", "resume", "search"]

_IN_NOTEBOOK = frozenset(__all__) - {"__version__", "search"}


def __getattr__(name: str) -> Any:
    """The Python interface, loaded on first use."""
    if name in _IN_NOTEBOOK:
        return getattr(import_module("gnas_ray.notebook"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _search(_: ModuleType) -> Any:
    return import_module("gnas_ray.notebook").search


def _ignore(_: ModuleType, room: ModuleType) -> None:
    """The import system puts every loaded submodule here; ``from gnas_ray.search import ...`` works without."""


class _Package(ModuleType):
    """Keeps `gnas_ray.search` the function, also once the room of that name was imported."""

    search = property(_search, _ignore)


sys.modules[__name__].__class__ = _Package

"""Where tables are printed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

WIDTH_OF_FILES = 200
"""Columns of a table in a file or a pipe, which has no width of its own."""


def print_table(table: RenderableType) -> None:
    """Print `table` on standard output, as wide as the terminal, and wider where there is none."""
    _console().print(table)


def table_width() -> int:
    """Columns of the terminal that `print_table` has."""
    return _console().width


def _console() -> Console:
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else WIDTH_OF_FILES)

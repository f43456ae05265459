"""Problems that point at a file, a row and a column."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from gnas_ray.core import Problem

MAX_EXAMPLES = 5
"""Rows named for one mistake in one column; the rest are counted."""


def at_rows(
    where: str, rows: NDArray[np.int64] | Sequence[int], what: Callable[[int], str], column: str = ""
) -> list[Problem]:
    """The first rows with a mistake, and how many more there are.

    Args:
        where: The file.
        rows: Row numbers in that file.
        what: Position in `rows` -> what is wrong there.
        column: The file's name of the column, or "".
    """
    suffix = f", column {column!r}" if column else ""
    problems = [
        Problem(f"{where}: row {row}{suffix}", what(position)) for position, row in enumerate(rows[:MAX_EXAMPLES])
    ]
    if len(rows) > MAX_EXAMPLES:
        more = len(rows) - MAX_EXAMPLES
        problems.append(Problem(f"{where}{suffix}", f"... and {more} more row{'s' * (more > 1)} like this"))
    return problems

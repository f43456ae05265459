"""Interactions that stand in two parts: what is tested was trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gnas_ray.core import Problem
from gnas_ray.data.log import Ids, Log
from gnas_ray.data.problems import at_rows
from gnas_ray.data.splits import PART_NAMES
from gnas_ray.data.splits.base import Labels


def find_leaks(log: Log, labels: Labels, ids: Ids, files: Sequence[str]) -> list[Problem]:
    """A problem for every user and item with interactions in two parts, at the later part's row.

    Args:
        log: The interactions.
        labels: The part of each; (n,).
        ids: Of users and items.
        files: Names of the log's sources.
    """
    order = np.lexsort((labels, log.pair))
    pair, part = log.pair[order], labels[order]
    leaks = np.flatnonzero((pair[1:] == pair[:-1]) & (part[1:] != part[:-1]))
    earlier, later = order[leaks], order[leaks + 1]
    problems = []
    for source, file in enumerate(files):
        here = np.flatnonzero(log.source[later] == source)
        here = here[np.argsort(log.row[later[here]], kind="stable")]

        def what(i: int, here: NDArray[np.intp] = here) -> str:
            a, b = earlier[here[i]], later[here[i]]
            user, item = ids.users[log.user_index[b]].as_py(), ids.items[log.item_index[b]].as_py()
            return (
                f"user {user!r} with item {item!r} is in {PART_NAMES[labels[b]]} and in"
                f" {PART_NAMES[labels[a]]} ({files[log.source[a]]}: row {log.row[a]})"
            )

        problems += at_rows(file, log.row[later[here]], what)
    return problems

"""How much of a table's front a search has found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from optuna._hypervolume import compute_hypervolume

from search_bench.tables import Table

Point = tuple[float, ...]


class Volume:
    """The hypervolume of members over that of the whole table, 0..1.

    Each objective is scaled so that the table's median is 0, the reference, and its best is 1: a member adds to it that
    is better than the median in all. Costs are scaled by their logarithms, as they differ a hundredfold.

    Args:
        table: With the costs.
        costs: Which of them are objectives beside the value.

    Raises:
        ValueError: The table has no such cost.
    """

    def __init__(self, table: Table, costs: Sequence[str]) -> None:
        if unknown := [name for name in costs if name not in table.cost_names]:
            raise ValueError(f"the table has no {', '.join(unknown)}; it has {', '.join(table.cost_names)}")
        all_points = _large(np.array(list(table.everything(costs))))
        self._median = np.median(all_points, axis=0)
        self._extent = all_points.max(axis=0) - self._median
        self._whole = _volume(self._scaled(all_points))

    def share(self, members: Sequence[Point]) -> float:
        """What members have of it, each given as its value and costs."""
        return _volume(self._scaled(_large(np.array(members)))) / self._whole if members else 0.0

    def _scaled(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        scaled: NDArray[np.float64] = (points - self._median) / self._extent
        return scaled


def _large(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The value as it is, costs as minus their logarithms."""
    return np.column_stack([points[:, :1], -np.log(points[:, 1:])])


def _volume(points: NDArray[np.float64]) -> float:
    """Above 0 in every objective; points that are not count nothing."""
    above = points[(points > 0).all(axis=1)]
    return float(compute_hypervolume(-above, np.zeros(points.shape[1]))) if len(above) else 0.0

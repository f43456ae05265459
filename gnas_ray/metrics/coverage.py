"""How much of the catalogue is recommended at all."""

from __future__ import annotations

from typing_extensions import override

from gnas_ray.metrics.base import Metric, Ranking


class Coverage(Metric):
    """Distinct items in anybody's first k, out of all items (also those without interactions)."""

    @override
    def value(self, ranking: Ranking) -> float:
        return float((ranking.first_position < self.k).mean())

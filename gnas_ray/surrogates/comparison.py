"""What trials say about several objectives, or about one within constraints."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from gnas_ray.core import Merit, Objectives, TrialSpec
from gnas_ray.core.objectives import COSTS
from gnas_ray.core.ranking import places
from gnas_ray.space import SearchSpace
from gnas_ray.surrogates import Array
from gnas_ray.surrogates.projection import Projection

Climb = Sequence[Merit]
"""A trial's best measurement up to each rung that counts for it, lowest first; a single one without values where it was
never trained, because it would have broken a limit."""


class Comparison:
    """Compares trials by what each would have come to, had it trained whole.

    A cost does not depend on how long a trial was trained. What it reaches in another objective is projected from where
    it was stopped, in each by itself. A trial that was never trained is below all others, by how much it would have
    broken.

    Args:
        space: What the trials are members of.
        objectives: One or several, with constraints or without.
    """

    def __init__(self, space: SearchSpace, objectives: Objectives) -> None:
        self._projections = [None if name in COSTS else Projection(space) for name in objectives.compared]

    def __call__(self, trials: Sequence[TrialSpec], climbs: Sequence[Climb]) -> tuple[Array, Array]:
        """(n,) their places among each other, as `core.ranking.places`, and (n, objectives) their ranks in each.

        In both higher is better and equals are equal. The ranks say nothing of constraints: what breaks one is where
        its values are.
        """
        last = [climb[-1] for climb in climbs]
        is_trained = np.array([bool(merit.values) for merit in last], dtype=bool)
        trained, untrained = np.flatnonzero(is_trained), np.flatnonzero(~is_trained)
        place, ranks = np.empty(len(climbs)), np.empty((len(climbs), len(self._projections)))
        place[untrained] = rankdata([-last[i].violation for i in untrained.tolist()])
        ranks[untrained] = place[untrained, None]
        whole = self._whole([trials[i] for i in trained.tolist()], [climbs[i] for i in trained.tolist()])
        merits = [
            Merit(last[i].violation, tuple(values)) for i, values in zip(trained.tolist(), whole.tolist(), strict=True)
        ]
        place[trained] = len(untrained) + 1 + np.array(places(merits), dtype=float)
        ranks[trained] = len(untrained) + rankdata(whole, axis=0)
        return place, ranks

    def _whole(self, trials: Sequence[TrialSpec], climbs: Sequence[Climb]) -> Array:
        """(trained, objectives)."""
        columns: list[Array] = []
        for objective, projection in enumerate(self._projections):
            if projection is None:
                columns.append(np.array([climb[-1].values[objective] for climb in climbs]))
                continue
            reached = np.full((len(climbs), max(map(len, climbs), default=1)), np.nan)
            for row, climb in enumerate(climbs):
                reached[row, : len(climb)] = [merit.values[objective] for merit in climb]
            columns.append(projection(trials, reached))
        return np.column_stack(columns)

"""What trials say about several objectives, or about one within constraints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

from gnas_ray.core import Merit, Objectives, TrialSpec
from gnas_ray.core.objectives import COSTS
from gnas_ray.core.ranking import places
from gnas_ray.space import SearchSpace
from gnas_ray.surrogates import Array
from gnas_ray.surrogates.projection import Projection

Climb = Sequence[Merit]
"""A trial's best measurement up to each rung that it reached, lowest first."""


class Compared(NamedTuple):
    """How trials stand among each other. Higher is better, and equals are equal.

    Attributes:
        places: (n,) as `core.ranking.places`.
        ranks: (n, objectives) in each. They say nothing of constraints: what breaks one is where its values are.
        margins: (n, constraints) by how much each keeps each, those on costs first.
    """

    places: Array
    ranks: Array
    margins: Array


class Comparison:
    """Compares trials by what each would have come to, had it trained whole.

    A cost does not depend on how long a trial was trained. What it reaches in another objective, or in what else a
    constraint is on, is projected from where it was stopped, in each by itself.

    Args:
        space: What the trials are members of.
        objectives: One or several, with constraints or without.
    """

    def __init__(self, space: SearchSpace, objectives: Objectives) -> None:
        self._of_values = [None if name in COSTS else Projection(space) for name in objectives.compared]
        others = [constraint for constraint in objectives.constraints if not constraint.is_of_cost]
        self._of_margins = [Projection(space) for _ in others]
        self._num_constraints = len(objectives.constraints)

    def __call__(self, trials: Sequence[TrialSpec], climbs: Sequence[Climb]) -> Compared:
        """Of trials, perhaps none, in the order in which they ended or first reached a rung."""
        whole = self._whole(trials, climbs)
        values = np.array([merit.values for merit in whole]).reshape(len(whole), len(self._of_values))
        margins = np.array([(*merit.cost_margins, *merit.margins) for merit in whole], dtype=float)
        return Compared(
            np.array(places(whole), dtype=float),
            rankdata(values, axis=0),
            margins.reshape(len(whole), self._num_constraints),
        )

    def _whole(self, trials: Sequence[TrialSpec], climbs: Sequence[Climb]) -> list[Merit]:
        """(n,) what each would have come to."""
        values = [
            _reached(trials, [[merit.values[i] for merit in climb] for climb in climbs], projection)
            for i, projection in enumerate(self._of_values)
        ]
        margins = [
            _reached(trials, [[merit.margins[i] for merit in climb] for climb in climbs], projection)
            for i, projection in enumerate(self._of_margins)
        ]
        return [
            Merit(
                tuple(column[row] for column in values),
                climb[-1].cost_margins,
                tuple(column[row] for column in margins),
            )
            for row, climb in enumerate(climbs)
        ]


def _reached(
    trials: Sequence[TrialSpec], climbs: Sequence[Sequence[float]], projection: Projection | None
) -> list[float]:
    """(n,) the number that each has at its last rung, or what it would have been."""
    if projection is None:
        return [climb[-1] for climb in climbs]
    reached = np.full((len(climbs), max(map(len, climbs), default=1)), np.nan)
    for row, climb in enumerate(climbs):
        reached[row, : len(climb)] = climb
    whole: list[float] = projection(trials, reached).tolist()
    return whole

"""What trials say about each objective by itself, for a surrogate that models them one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from gnas_ray.core import Merit
from gnas_ray.surrogates import Array


def ranks_by_objective(trials: Sequence[Sequence[Merit]], is_cost: Sequence[bool]) -> Array:
    """(trials, objectives) ranks from 1, higher is better, equals share theirs.

    A cost does not depend on how long a trial was trained, so costs of all trials compare. Of another objective, the
    values at the first rung decide; then, rung by rung, those that climbed it share out their ranks anew by what they
    reached there. So trials are compared at equal fidelity, and who climbed for being cheap is not thought good.
    Trials that were never trained, because they would have broken a limit, are below all others in every objective, by
    how much they would have broken; those that break a constraint are where their values are.

    Args:
        trials: Of each its best measurement up to each rung, lowest first; a trial that was never trained has one of
            no values.
        is_cost: For each objective.
    """
    is_trained = np.array([bool(merits[-1].values) for merits in trials], dtype=bool)
    trained, untrained = np.flatnonzero(is_trained), np.flatnonzero(~is_trained)
    ranks = np.empty((len(trials), len(is_cost)))
    ranks[untrained] = rankdata([-trials[index][-1].violation for index in untrained.tolist()])[:, None]
    for objective, costs in enumerate(is_cost):
        climbs = [[merit.values[objective] for merit in trials[index]] for index in trained.tolist()]
        own = rankdata([climb[-1] for climb in climbs]) if costs else _ranks(climbs)
        ranks[trained, objective] = len(untrained) + own
    return ranks


def _ranks(climbs: Sequence[Sequence[float]]) -> Array:
    ranks: Array = rankdata([climb[0] for climb in climbs])
    for rung in range(1, max(map(len, climbs), default=0)):
        reached = [index for index, climb in enumerate(climbs) if len(climb) > rung]
        by_value = np.argsort([climbs[index][rung] for index in reached], kind="stable")
        ranks[np.array(reached)[by_value]] = np.sort(ranks[reached])
    return ranks

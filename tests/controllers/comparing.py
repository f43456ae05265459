"""A controller's best member beside that of uniform proposals, at equal budget."""

from statistics import median

from gnas_ray.controllers import Uniform
from tests.controllers.driving import drive
from tests.controllers.spaces import LAYERED, quality


def median_best(make, *, num_trials, num_seeds=15):
    """Median over seeds of the best `quality` in so many trials, 8 at once; the best member has 3.5."""
    return median(
        max(quality(p.architecture) for p in drive(make(seed), quality, num_trials=num_trials, seed=seed).proposals)
        for seed in range(num_seeds)
    )


def uniform(seed):
    return Uniform(LAYERED, seed=seed)

"""Models of a trial's quality, fitted to trials that ended.

Question: how good would this member of the space probably be, and how sure is that? Controllers use them to pick
among architectures, searchers to pick among hyperparameters.

May import: space, core; numpy, scipy.
"""

from gnas_ray.surrogates.encoding import Array, Encoding, perturb
from gnas_ray.surrogates.gaussian_process import (
    MAX_FITTED,
    MAX_POINTS,
    GaussianProcess,
    KernelParameters,
    fit_kernel,
    growing_number,
    normal_scores,
    representatives,
)

__all__ = [
    "MAX_FITTED",
    "MAX_POINTS",
    "Array",
    "Encoding",
    "GaussianProcess",
    "KernelParameters",
    "fit_kernel",
    "growing_number",
    "normal_scores",
    "perturb",
    "representatives",
]

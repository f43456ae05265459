"""Contrastive terms, by the name the `contrastive` decision gives them.

Question: what should stay the same about a node when its surroundings are disturbed?

May import: torch, and from this project `models`, `training.batches`, `training.distinct`, `training.losses.softmax`,
`training.options`, `training.ranks`. All of them need layers. To add one: a file with one `Contrast` subclass, one line
below; the conformance tests pick it up.
"""

from gnas_ray.core.family import Family
from gnas_ray.models.options import choose
from gnas_ray.models.recommender import Recommender
from gnas_ray.training.contrasts.base import Contrast
from gnas_ray.training.contrasts.sgl import SGL
from gnas_ray.training.contrasts.simgcl import SimGCL
from gnas_ray.training.contrasts.xsimgcl import XSimGCL
from gnas_ray.training.options import LossOptions

CONTRASTS: Family[type[Contrast]] = Family("contrasts", {"simgcl": SimGCL, "xsimgcl": XSimGCL, "sgl": SGL})


def build_contrast(options: LossOptions, recommender: Recommender) -> Contrast | None:
    """The term that the options name; ``none``: None.

    Raises:
        UsageError: There is no such term.
    """
    if options.contrastive == "none":
        return None
    return choose(CONTRASTS, options.contrastive, "contrastive")(options, recommender)


__all__ = ["CONTRASTS", "Contrast", "build_contrast"]

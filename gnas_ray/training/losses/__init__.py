"""Losses, by the name the `loss` decision gives them.

Question: what does a trial minimise?

Evaluation and serving rank by the plain dot product of `Loss.ranking_vectors`. Softmax losses and BPR score by that
product, which softmax losses divide by the temperature. Cosines were tried in softmax: over 31 random settings of
LightGCNs on MovieLens-100K the best validation NDCG@20 was .300 with cosines (temperature about .16) and .306 with
products (about .6); products leave item vectors their length, which is where popularity goes. SimpleX and DirectAU
are made of cosines and add popularity when they rank (`cosine_ranking`).

May import: torch, and from this project `training.batches`, `training.distinct`, `training.negatives`,
`training.options`. To add one: a file with one `Loss` subclass, one line below; the conformance tests pick it up.
"""

from gnas_ray.core.family import Family
from gnas_ray.training.losses.base import Loss
from gnas_ray.training.losses.bpr import BPR
from gnas_ray.training.losses.direct_au import DirectAU
from gnas_ray.training.losses.full_softmax import FullSoftmax
from gnas_ray.training.losses.in_batch_softmax import InBatchSoftmax
from gnas_ray.training.losses.sampled_softmax import SampledSoftmax
from gnas_ray.training.losses.simplex import SimpleX

LOSSES: Family[type[Loss]] = Family(
    "losses",
    {
        "bpr": BPR,
        "full_softmax": FullSoftmax,
        "sampled_softmax": SampledSoftmax,
        "in_batch_softmax": InBatchSoftmax,
        "simplex": SimpleX,
        "direct_au": DirectAU,
    },
)

__all__ = ["LOSSES", "Loss"]

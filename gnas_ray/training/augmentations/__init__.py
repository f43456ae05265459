"""Augmentations, by the name the `augmentation` decision gives them.

Question: what should not matter to a recommendation?

May import: NumPy, torch, `models`. Those of the graph and `noise` need layers, those of texts need texts. To
add one: a file with one `Augmentation` subclass, one line below; the conformance tests pick it up.
"""

from gnas_ray.core.family import Family
from gnas_ray.models.options import choose
from gnas_ray.models.recommender import Recommender
from gnas_ray.training.augmentations.base import Augmentation
from gnas_ray.training.augmentations.graph import EdgeDropout, NodeDropout
from gnas_ray.training.augmentations.texts import TextMasking, TextNoise
from gnas_ray.training.augmentations.vectors import FeatureMasking, Noise

AUGMENTATIONS: Family[type[Augmentation]] = Family(
    "augmentations",
    {
        "edge_dropout": EdgeDropout,
        "node_dropout": NodeDropout,
        "feature_masking": FeatureMasking,
        "noise": Noise,
        "text_masking": TextMasking,
        "text_noise": TextNoise,
    },
)


def build_augmentation(option: str, strength: float, recommender: Recommender) -> Augmentation | None:
    """The augmentation that `option` names; ``none``: None.

    Raises:
        UsageError: There is no such augmentation.
    """
    if option == "none":
        return None
    return choose(AUGMENTATIONS, option, "augmentation")(strength, recommender)


__all__ = ["AUGMENTATIONS", "Augmentation", "build_augmentation"]

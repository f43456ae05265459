"""What a trial's decisions and hyperparameters say about its training."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from gnas_ray.core import TrialSpec, Value
from gnas_ray.models.channels import Channel, build_channel
from gnas_ray.models.options import choose

ADVERSARIAL = ("none", "apr")
"""Options of `adversarial`."""


@dataclass(frozen=True)
class LossOptions:
    """What is minimised.

    Attributes:
        loss: A key of `losses.LOSSES`.
        temperature: What softmax losses divide scores by.
        negatives: A key of `negatives.NEGATIVES`: how the losses that draw negatives draw them.
        num_negatives: Items that sampled softmax and SimpleX draw for each user of a batch.
        popularity_exponent: Of an item's count, for negatives by popularity.
        num_candidates: Of how many items a hard negative is the highest scored.
        mixture_share: Share of a mixture's negatives that are not uniform.
        margin: Cosine up to which SimpleX lets a negative be.
        negative_weight: What SimpleX's negatives are multiplied by.
        popularity_weight: What losses of cosines multiply the logarithm of an item's popularity by when they rank.
        uniformity_weight: What DirectAU's uniformity is multiplied by.
        contrastive: ``none`` or a key of `contrasts.CONTRASTS`.
        noise: Length of SimGCL's and XSimGCL's random vectors.
        edge_dropout: Share of the interactions that SGL's views lack.
        contrastive_weight: What the contrastive term is multiplied by.
        adversarial: ``none``, or ``apr`` for `adversarial_loss` beside the loss.
        adversarial_length: Its step's length against a vector's.
        adversarial_weight: What it is multiplied by.
    """

    loss: str = "full_softmax"
    temperature: float = 1.0
    negatives: str = "uniform"
    num_negatives: int = 64
    popularity_exponent: float = 0.75
    num_candidates: int = 4
    mixture_share: float = 0.5
    margin: float = 0.4
    negative_weight: float = 10.0
    uniformity_weight: float = 1.0
    popularity_weight: float = 0.2
    contrastive: str = "none"
    noise: float = 0.1
    edge_dropout: float = 0.1
    contrastive_weight: float = 0.1
    adversarial: str = "none"
    adversarial_length: float = 0.1
    adversarial_weight: float = 0.5


@dataclass(frozen=True)
class TrainingOptions:
    """How it is minimised; a space that leaves something out gets the default here.

    Attributes:
        optimiser: A key of `optimisers.OPTIMISERS`.
        learning_rate_decay: What the learning rate is multiplied by after every epoch.
        gradient_clip: The largest norm of all gradients together; 0: they are taken as they are.
        embedding_size: Width of all vectors.
        batch_size: Interactions a step, over all ranks.
        dropout: Probability with which an input entry is dropped.
        augmentation: ``none`` or a key of `augmentations.AUGMENTATIONS`.
        augmentation_strength: See there.
        channel: What is fitted beside the recommender and scores with it; None for nothing.
        channel_weight: Standard deviations of the channel's scores to one of the recommender's.
    """

    loss: LossOptions
    optimiser: str = "adam"
    learning_rate: float = 1e-2
    learning_rate_decay: float = 1.0
    weight_decay: float = 0.0
    gradient_clip: float = 0.0
    embedding_size: int = 64
    batch_size: int = 2048
    dropout: float = 0.0
    augmentation: str = "none"
    augmentation_strength: float = 0.1
    channel: Channel | None = None
    channel_weight: float = 0.2

    @classmethod
    def from_trial(cls, spec: TrialSpec) -> "TrainingOptions":
        """The options of a trial; decisions and hyperparameters that training does not know are left alone."""
        member = spec.member
        loss = LossOptions(**_given(LossOptions, member))
        choose(dict.fromkeys(ADVERSARIAL), loss.adversarial, "adversarial")
        channel = build_channel(str(member.get("linear_channel", "none")), member)
        return cls(loss=loss, channel=channel, **_given(cls, member))


def _given(options: type[LossOptions] | type[TrainingOptions], member: Mapping[str, Value]) -> dict[str, Any]:
    """What `member` says of the options with a plain default, as the default's type."""
    defaults = {field.name: field.default for field in fields(options)}
    plain = {name: type(default) for name, default in defaults.items() if isinstance(default, str | int | float)}
    return {name: kind(member[name]) for name, kind in plain.items() if name in member}

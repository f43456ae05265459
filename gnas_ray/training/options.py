"""What a trial's decisions and hyperparameters say about its training."""

from collections.abc import Mapping
from dataclasses import dataclass

from gnas_ray.core import TrialSpec, Value
from gnas_ray.models.channels import Channel, build_channel
from gnas_ray.models.options import choose


@dataclass(frozen=True)
class LossOptions:
    """What is minimised.

    Attributes:
        loss: A key of `losses.LOSSES`.
        temperature: What softmax losses divide scores by.
        num_negatives: Items that sampled softmax contrasts with each positive.
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
    num_negatives: int = 64
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
    weight_decay: float = 0.0
    embedding_size: int = 64
    batch_size: int = 2048
    dropout: float = 0.0
    augmentation: str = "none"
    augmentation_strength: float = 0.1
    channel: Channel | None = None
    channel_weight: float = 0.2

    @classmethod
    def from_trial(cls, spec: TrialSpec) -> "TrainingOptions":
        """The options of a trial; hyperparameters that training does not know are left alone."""
        values = spec.hyperparameters
        return cls(
            loss=_loss_options(spec.architecture, values),
            optimiser=str(values.get("optimiser", cls.optimiser)),
            learning_rate=float(values.get("learning_rate", cls.learning_rate)),
            weight_decay=float(values.get("weight_decay", cls.weight_decay)),
            embedding_size=int(values.get("embedding_size", cls.embedding_size)),
            batch_size=int(values.get("batch_size", cls.batch_size)),
            dropout=float(values.get("dropout", cls.dropout)),
            augmentation=str(spec.architecture.get("augmentation", cls.augmentation)),
            augmentation_strength=float(values.get("augmentation_strength", cls.augmentation_strength)),
            channel=build_channel(str(spec.architecture.get("linear_channel", "none")), values),
            channel_weight=float(values.get("channel_weight", cls.channel_weight)),
        )


def _loss_options(architecture: Mapping[str, Value], values: Mapping[str, Value]) -> LossOptions:
    return LossOptions(
        loss=str(architecture.get("loss", LossOptions.loss)),
        contrastive=str(architecture.get("contrastive", LossOptions.contrastive)),
        temperature=float(values.get("temperature", LossOptions.temperature)),
        num_negatives=int(values.get("num_negatives", LossOptions.num_negatives)),
        noise=float(values.get("noise", LossOptions.noise)),
        edge_dropout=float(values.get("edge_dropout", LossOptions.edge_dropout)),
        contrastive_weight=float(values.get("contrastive_weight", LossOptions.contrastive_weight)),
        adversarial=_adversarial(str(architecture.get("adversarial", LossOptions.adversarial))),
        adversarial_length=float(values.get("adversarial_length", LossOptions.adversarial_length)),
        adversarial_weight=float(values.get("adversarial_weight", LossOptions.adversarial_weight)),
    )


def _adversarial(option: str) -> str:
    return choose({name: name for name in ("none", "apr")}, option, "adversarial")

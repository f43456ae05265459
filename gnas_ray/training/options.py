"""What a trial's decisions and hyperparameters say about its training."""

from collections.abc import Mapping
from dataclasses import dataclass

from gnas_ray.core import TrialSpec, Value
from gnas_ray.models.channels import Channel, build_channel


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
        contrastive: ``none`` or ``simgcl``.
        noise: Length of SimGCL's random vectors.
        contrastive_weight: What SimGCL's term is multiplied by.
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
    contrastive_weight: float = 0.1


@dataclass(frozen=True)
class TrainingOptions:
    """How it is minimised; a space that leaves something out gets the default here.

    Attributes:
        optimiser: A key of `optimisers.OPTIMISERS`.
        embedding_size: Width of all vectors.
        batch_size: Interactions a step, over all ranks.
        dropout: Probability with which an input entry is dropped.
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
            channel=build_channel(str(spec.architecture.get("linear_channel", "none")), values),
            channel_weight=float(values.get("channel_weight", cls.channel_weight)),
        )


def _loss_options(architecture: Mapping[str, Value], values: Mapping[str, Value]) -> LossOptions:
    return LossOptions(
        loss=str(architecture.get("loss", LossOptions.loss)),
        negatives=str(architecture.get("negatives", LossOptions.negatives)),
        contrastive=str(architecture.get("contrastive", LossOptions.contrastive)),
        temperature=float(values.get("temperature", LossOptions.temperature)),
        num_negatives=int(values.get("num_negatives", LossOptions.num_negatives)),
        popularity_exponent=float(values.get("popularity_exponent", LossOptions.popularity_exponent)),
        num_candidates=int(values.get("num_candidates", LossOptions.num_candidates)),
        mixture_share=float(values.get("mixture_share", LossOptions.mixture_share)),
        margin=float(values.get("margin", LossOptions.margin)),
        negative_weight=float(values.get("negative_weight", LossOptions.negative_weight)),
        uniformity_weight=float(values.get("uniformity_weight", LossOptions.uniformity_weight)),
        popularity_weight=float(values.get("popularity_weight", LossOptions.popularity_weight)),
        noise=float(values.get("noise", LossOptions.noise)),
        contrastive_weight=float(values.get("contrastive_weight", LossOptions.contrastive_weight)),
    )

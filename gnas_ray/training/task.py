"""What all trials of an experiment share: the data, what is measured, where it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal


@dataclass(frozen=True)
class TrainingTask:
    """Shipped once to every worker group; with a `TrialSpec` it decides a training's numbers.

    Attributes:
        data_folder: A prepared data folder.
        metrics: Ranking metrics to report, e.g. ``("ndcg@20", "recall@20")``.
        max_epochs: The last fidelity.
        text_vectors: Path of the item vectors (.npy, float32, items x dim) by encoder name.
        fit_on: Whose interactions the model learns from, and which are therefore never recommended.
        evaluate_on: Whose interactions are to be found; None measures costs only.
        device: ``auto`` takes a GPU where there is one.
        threads: CPU threads of this process.
        cuda_graphs: Whether a GPU repeats recorded steps, see `recorded_step`.
        eval_byte_budget: Bound on the scores held at once in an evaluation.
        checkpoint_every: Epochs between checkpoints.
    """

    data_folder: str
    metrics: tuple[str, ...]
    max_epochs: int
    text_vectors: Mapping[str, str] = field(default_factory=dict)
    fit_on: Literal["train", "train+valid"] = "train"
    evaluate_on: Literal["valid", "test"] | None = "valid"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = 1
    cuda_graphs: bool = False
    eval_byte_budget: int = 64 << 20
    checkpoint_every: int = 1

    def __post_init__(self) -> None:
        if self.fit_on == "train+valid" and self.evaluate_on == "valid":
            raise ValueError("a model fitted on train+valid cannot be evaluated on valid")
        for name in ("max_epochs", "threads", "eval_byte_budget", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        object.__setattr__(self, "text_vectors", MappingProxyType(dict(self.text_vectors)))

    def to_dict(self) -> dict[str, Any]:
        """The plain dict that Ray ships and JSON stores."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return fields | {"metrics": list(self.metrics), "text_vectors": dict(self.text_vectors)}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "TrainingTask":
        """The inverse of `to_dict`."""
        return cls(**{**plain, "metrics": tuple(plain["metrics"])})

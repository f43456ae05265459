"""What a system under measurement is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from gnas_ray.data.prepared import Part

METRIC = "ndcg@20"


@dataclass(frozen=True)
class Work:
    """What every system is given to do.

    Attributes:
        data_folder: A prepared data folder, whose valid part is evaluated.
        scratch: An empty folder of the system's own.
        embedding_size: Width of all vectors.
        num_layers: Of LightGCN.
        batch_size: Interactions a step.
        learning_rate: Adam's.
        parts: Of the data, to learn from.
        source: Where the system's code is, when it isn't installed.
    """

    data_folder: Path
    scratch: Path
    embedding_size: int = 64
    num_layers: int = 3
    batch_size: int = 2048
    learning_rate: float = 0.005
    parts: tuple[Part, ...] = ("train",)
    source: Path | None = None


class System(ABC):
    """LightGCN with BPR and Adam as one project trains and evaluates it.

    A member is constructed as ``Member(work)``, in a process of its own with one thread.
    """

    @abstractmethod
    def train_epoch(self) -> None:
        """One pass over the training interactions."""

    @abstractmethod
    def evaluate(self) -> None:
        """NDCG@20 of all validation users by the project's own means, from parameters to number."""

    @abstractmethod
    def vectors(self) -> tuple[Tensor, Tensor]:
        """All users' and all items' vectors as they are now, in the order of the prepared data."""

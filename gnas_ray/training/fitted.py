"""A trained recommender without its machinery: arrays and what made them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnas_ray.core import TrialSpec


@dataclass(frozen=True)
class Refit:
    """One training of what is retrained.

    Attributes:
        spec: The trial, with the seed to train it with.
        epochs: How long.
    """

    spec: TrialSpec
    epochs: int

    def to_dict(self) -> dict[str, Any]:
        """The plain dict that JSON stores."""
        return {"spec": self.spec.to_dict(), "epochs": self.epochs}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "Refit":
        """The inverse of `to_dict`."""
        return cls(TrialSpec.from_dict(plain["spec"]), plain["epochs"])


@dataclass(frozen=True)
class FittedRecommender:
    """What retraining leaves behind; a score is the dot product of a user's and an item's vector.

    Attributes:
        refits: The trainings whose scores it adds up, the winner's first; one unless it is an ensemble.
        fit_on: ``train`` or ``train+valid``: what it learned from and must not recommend.
        data_folder: The prepared data.
        metrics: Of the last measurement.
        user_vectors: (users, width) float32.
        item_vectors: (items, width) float32.
        weights: The modules' parameters and buffers, each as ``<trial's number>.<name>``.
    """

    refits: tuple[Refit, ...]
    fit_on: str
    data_folder: str
    metrics: Mapping[str, float]
    user_vectors: NDArray[np.float32]
    item_vectors: NDArray[np.float32]
    weights: Mapping[str, NDArray[np.generic]]

"""A trained recommender without its machinery: arrays and what made them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from gnas_ray.core import TrialSpec
from gnas_ray.core.files import written_whole

_WEIGHT = "weight."


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
class FittedTrial:
    """One training of what is retrained, done.

    Attributes:
        refit: Which.
        metrics: Loss and speed of its last epoch.
        user_vectors: (users, width) float32.
        item_vectors: (items, width) float32.
        item_keys: (items, width) float32 or None; see `models.vectors.Vectors`.
        weights: Parameters and buffers by name.
    """

    refit: Refit
    metrics: Mapping[str, float]
    user_vectors: NDArray[np.float32]
    item_vectors: NDArray[np.float32]
    item_keys: NDArray[np.float32] | None
    weights: Mapping[str, NDArray[np.generic]]

    def save(self, path: Path) -> None:
        """Writes it whole or not at all; the folder is made."""
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, NDArray[np.generic]] = {f"{_WEIGHT}{name}": array for name, array in self.weights.items()}
        arrays |= {"user_vectors": self.user_vectors, "item_vectors": self.item_vectors}
        if self.item_keys is not None:
            arrays["item_keys"] = self.item_keys
        about = {"refit": json.dumps(self.refit.to_dict()), "metrics": json.dumps(dict(self.metrics))}
        with written_whole(path) as unfinished:
            save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, unfinished, metadata=about)

    @classmethod
    def load(cls, path: Path, refit: Refit) -> "FittedTrial | None":
        """What was saved there, if it is of `refit` and can be read."""
        if not path.is_file():
            return None
        try:
            with safe_open(path, framework="numpy") as file:
                about = file.metadata()
                if Refit.from_dict(json.loads(about["refit"])) != refit:
                    return None
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
        except SafetensorError:
            return None
        weights = {name.removeprefix(_WEIGHT): a for name, a in arrays.items() if name.startswith(_WEIGHT)}
        vectors = arrays["user_vectors"], arrays["item_vectors"], arrays.get("item_keys")
        return cls(refit, json.loads(about["metrics"]), *vectors, weights)


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
        item_keys: (items, width) float32 or None; see `models.vectors.Vectors`.
        weights: The modules' parameters and buffers, each as ``<trial's number>.<name>``.
    """

    refits: tuple[Refit, ...]
    fit_on: str
    data_folder: str
    metrics: Mapping[str, float]
    user_vectors: NDArray[np.float32]
    item_vectors: NDArray[np.float32]
    item_keys: NDArray[np.float32] | None
    weights: Mapping[str, NDArray[np.generic]]

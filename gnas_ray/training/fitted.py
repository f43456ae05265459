"""A trained recommender without its machinery: arrays and what made them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnas_ray.core import TrialSpec


@dataclass(frozen=True)
class FittedRecommender:
    """What a training leaves behind; a score is the dot product of a user's and an item's vector.

    Attributes:
        spec: The trial, with the seed it was trained with.
        epochs: How long.
        fit_on: ``train`` or ``train+valid``: what it learned from and must not recommend.
        data_folder: The prepared data.
        metrics: Of the last measurement.
        user_vectors: (users, width) float32.
        item_vectors: (items, width) float32.
        weights: The module's parameters and buffers, by name.
    """

    spec: TrialSpec
    epochs: int
    fit_on: str
    data_folder: str
    metrics: Mapping[str, float]
    user_vectors: NDArray[np.float32]
    item_vectors: NDArray[np.float32]
    weights: Mapping[str, NDArray[np.generic]]

"""The same list for everybody."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import csr_matrix
from typing_extensions import override

from gnas_ray.models.baselines.base import Baseline, Scorer


@dataclass(frozen=True)
class Popularity(Baseline):
    """Scores an item by its number of interactions. The floor that anything personal must clear."""

    @override
    @classmethod
    def grid(cls) -> tuple[Popularity, ...]:
        return (cls(),)

    @override
    def fit(self, interactions: csr_matrix) -> Scorer:
        counts = np.bincount(interactions.indices, minlength=interactions.shape[1])
        scores = torch.from_numpy(counts.astype(np.float32))
        return lambda users: scores.expand(len(users), -1)

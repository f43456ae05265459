"""SGL: two views of the graph with fewer edges."""

from typing import ClassVar

import numpy as np
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from gnas_ray.models.view import View
from gnas_ray.training.batches import Batch
from gnas_ray.training.contrasts.base import Contrast, Vectors, agreement
from gnas_ray.training.ranks import Ranks


class SGL(Contrast):
    """Edge dropout, drawn every epoch (Wu et al. 2021, arXiv:2010.10783, equation 6). Three propagations a step."""

    changes_graph: ClassVar[bool] = True

    _views: tuple[View, View]

    @override
    def start_epoch(self, seed: int) -> None:
        graph, generator = self._recommender.graph, np.random.default_rng(seed)
        share = self._options.edge_dropout
        first, second = (graph.without_edges(share, generator) for _ in range(2))
        self._views = View(graph=first), View(graph=second)

    @override
    def __call__(self, view: View, batch: Batch, ranks: Ranks) -> tuple[Vectors, Float[Tensor, ""]]:
        vectors = self._recommender(view)
        first, second = map(self._beside, self._views)
        return vectors, agreement(first, second, batch, ranks)

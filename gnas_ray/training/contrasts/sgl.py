"""SGL: two views of the graph with fewer edges."""

import numpy as np
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from gnas_ray.models.graph import Graph
from gnas_ray.training.batches import Batch
from gnas_ray.training.contrasts.base import Contrast, Vectors, agreement
from gnas_ray.training.ranks import Ranks


class SGL(Contrast):
    """Edge dropout, drawn every epoch (Wu et al. 2021, arXiv:2010.10783, equation 6). Three propagations a step."""

    _views: tuple[Graph, Graph]

    @override
    def start_epoch(self, seed: int) -> None:
        graph, generator = self._recommender.graph, np.random.default_rng(seed)
        share = self._options.edge_dropout
        self._views = graph.without_edges(share, generator), graph.without_edges(share, generator)

    @override
    def __call__(self, batch: Batch, ranks: Ranks) -> tuple[Vectors, Float[Tensor, ""]]:
        vectors = self._recommender()
        first, second = (self._recommender(graph=view) for view in self._views)
        return vectors, agreement(first, second, batch, ranks)

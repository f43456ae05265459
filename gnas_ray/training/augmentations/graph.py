"""Augmentations of the graph, drawn anew every epoch."""

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from typing_extensions import override

from gnas_ray.models.graph import Graph
from gnas_ray.models.view import View
from gnas_ray.training.augmentations.base import Augmentation


class _OtherGraph(Augmentation):
    changes_graph: ClassVar[bool] = True

    _view: View

    @override
    def start_epoch(self, seed: int) -> None:
        self._view = View(graph=self._draw(self._recommender.graph, np.random.default_rng(seed)))

    @override
    def view(self) -> View:
        return self._view

    @abstractmethod
    def _draw(self, graph: Graph, generator: np.random.Generator) -> Graph: ...


class EdgeDropout(_OtherGraph):
    """The strength is the share of the edges that are missing (DropEdge, Rong et al. 2020, arXiv:1907.10903)."""

    @override
    def _draw(self, graph: Graph, generator: np.random.Generator) -> Graph:
        return graph.without_edges(self._strength, generator)


class NodeDropout(_OtherGraph):
    """The strength is the share of the nodes that have no edges (SGL's ND, arXiv:2010.10783, equation 5)."""

    @override
    def _draw(self, graph: Graph, generator: np.random.Generator) -> Graph:
        return graph.without_nodes(self._strength, generator)

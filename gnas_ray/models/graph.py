"""The graph that operators pass messages over, with every normalisation computed once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from scipy.sparse import block_diag, coo_matrix, csr_matrix, diags, identity
from torch import Tensor

from gnas_ray.core import derive_seed
from gnas_ray.models.attention import AttentionEdges
from gnas_ray.models.edges import bipartite_adjacency, cap_neighbours
from gnas_ray.models.propagation import SparseMatrix
from gnas_ray.models.transfer import to_device

EDGE_WEIGHTS = ("none", "rating")
"""Options of `edge_weights`."""


@dataclass(frozen=True)
class GraphOptions:
    """The decisions that shape a graph; equal options give equal graphs.

    Attributes:
        neighbour_cap: Interactions a node may hear from; 0 for all.
        text_edges: Nearest items by text an item is linked to; 0 for none.
        edge_weights: ``none``, or ``rating``: an edge weighs its rating over the mean rating.
    """

    neighbour_cap: int = 0
    text_edges: int = 0
    edge_weights: str = "none"


class Graph:
    """Users (nodes 0..num_users-1) and items (the rest) with directed weighted edges.

    Row i of every matrix holds what node i hears. Each matrix is made on first use and kept.
    """

    def __init__(self, adjacency: csr_matrix, num_users: int, *, device: torch.device | None = None) -> None:
        self.num_users = num_users
        self.num_nodes = int(adjacency.shape[0])
        self.is_weighted = not bool(np.all(adjacency.data == 1.0))
        self._adjacency = adjacency
        self._device = device or torch.device("cpu")

    @property
    def num_edges(self) -> int:
        """Directed edges: an interaction counts twice."""
        return int(self._adjacency.nnz)

    @cached_property
    def edge_index(self) -> Tensor:
        """(2, num_edges) int64: sources, then targets, sorted by target."""
        pairs = self._adjacency.tocoo()
        return to_device(torch.from_numpy(np.stack([pairs.col, pairs.row]).astype(np.int64)), self._device)

    @cached_property
    def edge_weight(self) -> Tensor:
        """(num_edges,) in the order of `edge_index`."""
        return to_device(torch.from_numpy(self._adjacency.tocoo().data.astype(np.float32)), self._device)

    @cached_property
    def adjacency(self) -> SparseMatrix:
        """A: a node hears the sum of its neighbours."""
        return self._on_device(self._adjacency)

    @cached_property
    def normalised(self) -> SparseMatrix:
        """D^-1/2 A D^-1/2 (LightGCN, NGCF)."""
        return self._on_device(_symmetric_normalisation(self._adjacency))

    @cached_property
    def self_looped(self) -> SparseMatrix:
        """D^-1/2 (A + I) D^-1/2, D counting the loop (Kipf and Welling 2017, arXiv:1609.02907)."""
        looped = self._adjacency + identity(self.num_nodes, dtype=np.float32, format="csr")
        return self._on_device(_symmetric_normalisation(looped.tocsr()))

    @cached_property
    def mean(self) -> SparseMatrix:
        """D^-1 A: a node hears the (weighted) mean of its neighbours."""
        return self._on_device(_power_of_degree(self._adjacency, -1.0) @ self._adjacency)

    @cached_property
    def attention_edges(self) -> AttentionEdges:
        """A + I as edges to attend over."""
        looped = self._adjacency + identity(self.num_nodes, dtype=np.float32, format="csr")
        return AttentionEdges(looped.tocsr(), self._device)

    def without_edges(self, share: float, generator: np.random.Generator) -> "Graph":
        """The same less a share of its edges drawn at random; both directions of an edge go together."""
        pairs = self._adjacency.tocoo()
        low, high = np.minimum(pairs.row, pairs.col), np.maximum(pairs.row, pairs.col)
        _, edge = np.unique(low.astype(np.int64) * self.num_nodes + high, return_inverse=True)
        keep = (generator.random(edge.max(initial=-1) + 1) >= share)[edge]
        kept = coo_matrix((pairs.data[keep], (pairs.row[keep], pairs.col[keep])), shape=pairs.shape)
        return Graph(kept.tocsr(), self.num_users, device=self._device)

    def without_nodes(self, share: float, generator: np.random.Generator) -> "Graph":
        """The same less all edges of a share of the nodes drawn at random; the nodes stay."""
        kept = diags((generator.random(self.num_nodes) >= share).astype(np.float32), format="csr")
        adjacency = (kept @ self._adjacency @ kept).tocsr()
        adjacency.eliminate_zeros()
        return Graph(adjacency, self.num_users, device=self._device)

    def _on_device(self, matrix: csr_matrix) -> SparseMatrix:
        return SparseMatrix.from_scipy(matrix).to(self._device)


def build_graph(
    interactions: csr_matrix,
    options: GraphOptions,
    *,
    similar: csr_matrix | None = None,
    device: torch.device | None = None,
) -> Graph:
    """The graph of `options`.

    Args:
        interactions: Users x items edge weights, of the interactions the trial is fitted on and no others.
        options: Its `text_edges` are in `similar`.
        similar: Items x items links, see `edges.similar_items`; required when `options.text_edges` is not 0.
        device: Where the operators run.
    """
    adjacency = bipartite_adjacency(interactions)
    if options.neighbour_cap:
        # A constant seed: trials with the same cap hear the same neighbours.
        seed = derive_seed(0, "neighbour_cap", options.neighbour_cap)
        adjacency = cap_neighbours(adjacency, options.neighbour_cap, np.random.default_rng(seed))
    if options.text_edges:
        if similar is None:
            raise ValueError("text_edges needs the items' similarity")
        nobody = csr_matrix((interactions.shape[0], interactions.shape[0]), dtype=np.float32)
        adjacency = (adjacency + block_diag([nobody, similar])).tocsr()
    return Graph(adjacency, interactions.shape[0], device=device)


def _power_of_degree(adjacency: csr_matrix, power: float) -> csr_matrix:
    degree = np.asarray(adjacency.sum(axis=1), dtype=np.float64).ravel()
    scale = np.zeros_like(degree)
    np.power(degree, power, out=scale, where=degree > 0)
    return diags(scale, format="csr")


def _symmetric_normalisation(adjacency: csr_matrix) -> csr_matrix:
    scale = _power_of_degree(adjacency, -0.5)
    return scale @ adjacency @ scale

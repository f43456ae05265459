"""GATv2's attention over a constant graph, without a vector per edge in memory."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from torch import Tensor
from torch.nn import functional as F

from gnas_ray.models.propagation import compressed_rows, multiply, sum_rows
from gnas_ray.models.transfer import to_device

_BLOCK_BYTES = {"cpu": 2 << 20, "cuda": 256 << 20}
"""Edge vectors held at once. On CPU a block that stays in the last-level cache."""


@dataclass(frozen=True)
class EdgeBlock:
    """Neighbouring edges of an order, and the nodes they belong to.

    Attributes:
        edges: Where they stand in the order.
        nodes: The range of nodes they belong to; the first and the last may have edges outside.
        starts: (nodes + 1,) int32, where each node's edges start in the block.
        positions: (edges,) int32: 0, 1, 2, ...
        pairs: (2 edges,) int32: every edge's source, and its target counted on from the last source.
        pair_starts: (edges + 1,) int32: 0, 2, 4, ...
    """

    edges: slice
    nodes: slice
    starts: Tensor
    positions: Tensor
    pairs: Tensor
    pair_starts: Tensor

    def vectors(self, table: Tensor) -> Tensor:
        """Every edge's source vector plus its target vector; `table` has all sources' vectors, then all targets'."""
        return sum_rows(table, self.pairs, self.pair_starts)

    def sums(self, weights: Tensor, vectors: Tensor) -> Tensor:
        """The weighted sum of each node's edge vectors."""
        return sum_rows(vectors, self.positions, self.starts, weights)


class EdgeOrder:
    """All edges, sorted by their target or by their source; every node has at least one.

    Args:
        node: (edges,) ascending: what they are sorted by.
        source: (edges,).
        target: (edges,).
        num_nodes: Of the graph.
        device: Where the operators run.
    """

    def __init__(
        self, node: NDArray[np.integer], source: NDArray[np.integer], target: NDArray[np.integer], *,
        num_nodes: int, device: torch.device,
    ) -> None:  # fmt: skip
        self._node = node
        self._ends = np.concatenate([[0], np.cumsum(np.bincount(node, minlength=num_nodes))])
        self._pairs = np.stack([source, target + num_nodes], axis=1)
        self._device = device
        self._blocks: dict[int, list[EdgeBlock]] = {}
        self.starts = _int32(self._ends, device)
        """(nodes + 1,) where each node's edges start."""
        self.long_starts = self.starts.long()
        """The same as `segment_reduce` wants it."""

    def sums(self, values: Tensor) -> Tensor:
        """Every node's sum of one value an edge."""
        return torch.segment_reduce(values, "sum", offsets=self.long_starts)

    def blocks(self, width: int) -> list[EdgeBlock]:
        """The edges in ranges whose vectors of `width` fill a block."""
        if width not in self._blocks:
            step = max(1, _BLOCK_BYTES[self._device.type] // (4 * width))
            num_edges = len(self._node)
            ranges = [slice(start, min(start + step, num_edges)) for start in range(0, num_edges, step)]
            self._blocks[width] = [self._block(edges) for edges in ranges]
        return self._blocks[width]

    def _block(self, edges: slice) -> EdgeBlock:
        first, last = int(self._node[edges.start]), int(self._node[edges.stop - 1])
        length = edges.stop - edges.start
        return EdgeBlock(
            edges,
            slice(first, last + 1),
            starts=_int32(np.clip(self._ends[first : last + 2] - edges.start, 0, length), self._device),
            positions=_int32(np.arange(length), self._device),
            pairs=_int32(self._pairs[edges].ravel(), self._device),
            pair_starts=_int32(np.arange(0, 2 * length + 1, 2), self._device),
        )


class AttentionEdges:
    """The edges that attention runs over; every node needs at least one.

    Args:
        adjacency: An edge where it has an entry, whatever its value; row = target.
        device: Where the operators run.
    """

    def __init__(self, adjacency: csr_matrix, device: torch.device) -> None:
        target, source = adjacency.tocoo().coords
        order = np.argsort(source, kind="stable")
        size = int(adjacency.shape[0])
        self._shape = (size, size)
        self.order = to_device(torch.from_numpy(order.astype(np.int64)), device)
        """(edges,) positions that put the edges by source."""
        self.target = _int32(target, device)
        """(edges,) ascending."""
        self._source = _int32(source, device)
        self._target_of_source_order = _int32(target[order], device)
        self.by_target = EdgeOrder(target, source, target, num_nodes=size, device=device)
        self.by_source = EdgeOrder(source[order], source[order], target[order], num_nodes=size, device=device)

    def matrix(self, values: Tensor) -> Tensor:
        """Sparse (targets x sources) of one value an edge."""
        return compressed_rows(self.by_target.starts, self._source, values, self._shape)

    def transposed(self, values: Tensor) -> Tensor:
        """The transpose of `matrix`, of values already by source."""
        return compressed_rows(self.by_source.starts, self._target_of_source_order, values, self._shape)


class _Attend(torch.autograd.Function):
    """Scores and their gradients in blocks of edges, everything else as sparse products.

    The derivative of LeakyReLU is slope + (1 - slope) [z > 0]; only the second part needs a vector per edge, and
    of it only its sums by source and by target.
    """

    @staticmethod
    @torch.amp.custom_fwd(device_type="cuda", cast_inputs=torch.float32)  # type: ignore[untyped-decorator]
    def forward(
        ctx: Any, source: Tensor, target: Tensor, attention: Tensor, edges: AttentionEdges, slope: float
    ) -> Tensor:
        table = torch.cat([source, target])
        scores = torch.empty(len(edges.target), device=source.device)
        for block in edges.by_target.blocks(source.shape[1]):
            scores[block.edges] = F.leaky_relu_(block.vectors(table), slope) @ attention
        weights = _softmax(scores, edges)
        ctx.save_for_backward(source, target, attention, weights)
        ctx.edges, ctx.slope = edges, slope
        return multiply(edges.matrix(weights), source)

    @staticmethod
    @torch.amp.custom_bwd(device_type="cuda")  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        source, target, attention, weights = ctx.saved_tensors
        edges, slope, out = ctx.edges, ctx.slope, gradients[0].contiguous()
        pattern = edges.matrix(torch.zeros_like(weights))
        by_weight = torch.sparse.sampled_addmm(pattern, out, source.T, beta=0.0).values()
        mean = edges.by_target.sums(weights * by_weight)
        by_score = weights * (by_weight - mean.index_select(0, edges.target))
        table = torch.cat([source, target])
        to_source = _leaky_sums(table, by_score.index_select(0, edges.order), edges.by_source, slope)
        to_target = _leaky_sums(table, by_score, edges.by_target, slope)
        return (
            multiply(edges.transposed(weights.index_select(0, edges.order)), out) + attention * to_source,
            attention * to_target,
            (source * to_source + target * to_target).sum(dim=0),
            None,
            None,
        )


def attend(
    source: Float[Tensor, "nodes width"],
    target: Float[Tensor, "nodes width"],
    attention: Float[Tensor, " width"],
    *,
    edges: AttentionEdges,
    slope: float,
) -> Float[Tensor, "nodes width"]:
    """sum_j w_ij source_j, w_i = softmax_j(attention . LeakyReLU(source_j + target_i)) over i's edges.

    (Brody et al. 2022, arXiv:2105.14491, equations 1, 2 and 7.)
    """
    out: Tensor = _Attend.apply(source, target, attention, edges, slope)  # type: ignore[no-untyped-call]
    return out


def _softmax(scores: Tensor, edges: AttentionEdges) -> Tensor:
    """Over each target's edges."""
    largest = torch.segment_reduce(scores, "max", offsets=edges.by_target.long_starts)
    weights = (scores - largest.index_select(0, edges.target)).exp_()
    return weights.div_(edges.by_target.sums(weights).index_select(0, edges.target))


def _leaky_sums(table: Tensor, by_score: Tensor, order: EdgeOrder, slope: float) -> Tensor:
    """Every node's sum over its edges of ``by_score * LeakyReLU'(z)``, (nodes, width)."""
    positive = torch.zeros(len(table) // 2, table.shape[1], device=table.device)
    for block in order.blocks(table.shape[1]):
        positive[block.nodes] += block.sums(by_score[block.edges], block.vectors(table).gt_(0.0))
    return slope * order.sums(by_score).unsqueeze(1) + (1.0 - slope) * positive


def _int32(array: NDArray[np.integer], device: torch.device) -> Tensor:
    return to_device(torch.from_numpy(array.astype(np.int32)), device)

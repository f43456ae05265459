"""GATv2's attention over a constant graph, without a vector per edge in memory."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from torch import Tensor

from gnas_ray.models.propagation import compressed_rows, multiply

_BLOCK_BYTES = {"cpu": 1 << 20, "cuda": 256 << 20}
"""Edge vectors held at once. On CPU a block that stays in the second-level cache."""


@dataclass(frozen=True)
class EdgeBlock:
    """Neighbouring edges of an order, and the nodes they belong to.

    Attributes:
        edges: Where they stand in the order.
        nodes: The range of nodes they belong to; the first and the last may have edges outside.
        starts: (nodes + 1,) int32, where each node's edges start in the block.
        positions: (edges,) int32: 0, 1, 2, ...
        pairs: Sparse (edges x 2 nodes) with ones at an edge's source and its target.
    """

    edges: slice
    nodes: slice
    starts: Tensor
    positions: Tensor
    pairs: Tensor

    def vectors(self, table: Tensor, buffer: Tensor) -> Tensor:
        """Every edge's source vector plus its target vector, written into `buffer`.

        Args:
            table: Source vectors of all nodes, then target vectors.
            buffer: As long as the longest block.
        """
        return multiply(self.pairs, table, out=buffer[: len(self.positions)])

    def sums(self, weights: Tensor, vectors: Tensor) -> Tensor:
        """The weighted sum of each node's edge vectors."""
        shape = (len(self.starts) - 1, len(self.positions))
        return multiply(compressed_rows(self.starts, self.positions, weights, shape), vectors)


class EdgeOrder:
    """All edges, sorted by their target or by their source.

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
        counts = np.bincount(node, minlength=num_nodes)
        self._node = node
        self.node = torch.from_numpy(node.astype(np.int32)).to(device)
        self._ends = np.concatenate([[0], np.cumsum(counts)])
        self._pairs = np.stack([source, target + num_nodes], axis=1)
        self._num_nodes = num_nodes
        self._device = device
        self._blocks: dict[int, list[EdgeBlock]] = {}

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
        starts = np.clip(self._ends[first : last + 2] - edges.start, 0, length)
        pairs = compressed_rows(
            self._int32(np.arange(0, 2 * length + 1, 2)),
            self._int32(self._pairs[edges].ravel()),
            torch.ones(2 * length, device=self._device),
            (length, 2 * self._num_nodes),
        )
        positions = self._int32(np.arange(length))
        return EdgeBlock(edges, slice(first, last + 1), self._int32(starts), positions, pairs)

    def _int32(self, array: NDArray[np.integer]) -> Tensor:
        return torch.from_numpy(array.astype(np.int32)).to(self._device)


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
        self._device = device
        self._target_of_source_order = self._to(target[order].astype(np.int32))
        self._source_starts = self._to(
            np.concatenate([[0], np.cumsum(np.bincount(source, minlength=size))]).astype(np.int32)
        )
        self.order = self._to(order.astype(np.int64))
        """(edges,) positions that put the edges by source."""
        self.source = self._to(source.astype(np.int32))
        """(edges,) by target."""
        self.target = self._to(target.astype(np.int32))
        """(edges,) ascending."""
        self.starts = self._to(adjacency.indptr.astype(np.int32))
        """(nodes + 1,) where each target's edges start."""
        self.by_target = EdgeOrder(target, source, target, num_nodes=size, device=device)
        self.by_source = EdgeOrder(source[order], source[order], target[order], num_nodes=size, device=device)

    @cached_property
    def long_starts(self) -> Tensor:
        """`starts` as `segment_reduce` wants them."""
        return self.starts.long()

    def matrix(self, values: Tensor) -> Tensor:
        """Sparse (targets x sources) of one value an edge."""
        return compressed_rows(self.starts, self.source, values, self._shape)

    def transposed(self, values: Tensor) -> Tensor:
        """The transpose of `matrix`, of values already by source."""
        return compressed_rows(self._source_starts, self._target_of_source_order, values, self._shape)

    def _to(self, array: NDArray[np.integer]) -> Tensor:
        return torch.from_numpy(array).to(self._device)


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
        scores = torch.empty(len(edges.source), device=source.device)
        blocks = edges.by_target.blocks(source.shape[1])
        buffer = source.new_empty(len(blocks[0].positions), source.shape[1])
        for block in blocks:
            z = block.vectors(table, buffer)
            scores[block.edges] = torch.nn.functional.leaky_relu_(z, slope) @ attention
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
        mean = _sums(weights * by_weight, edges.target, len(target))
        by_score = weights * (by_weight - mean[edges.target])
        ordered = torch.stack([by_score, weights])[:, edges.order]
        table = torch.cat([source, target])
        to_source = _leaky_sums(table, ordered[0], edges.by_source, slope)
        to_target = _leaky_sums(table, by_score, edges.by_target, slope)
        return (
            multiply(edges.transposed(ordered[1]), out) + attention * to_source,
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
    largest = torch.segment_reduce(scores, "max", offsets=edges.long_starts)
    weights = (scores - largest[edges.target]).exp_()
    return weights.div_(_sums(weights, edges.target, len(largest))[edges.target])


def _sums(values: Tensor, node: Tensor, num_nodes: int) -> Tensor:
    return torch.zeros(num_nodes, device=values.device).index_add_(0, node, values)


def _leaky_sums(table: Tensor, by_score: Tensor, order: EdgeOrder, slope: float) -> Tensor:
    """Every node's sum over its edges of ``by_score * LeakyReLU'(z)``, (nodes, width)."""
    num_nodes, width = len(table) // 2, table.shape[1]
    positive = torch.zeros(num_nodes, width, device=table.device)
    blocks = order.blocks(width)
    buffer = table.new_empty(len(blocks[0].positions), width)
    for block in blocks:
        positive[block.nodes] += block.sums(by_score[block.edges], block.vectors(table, buffer).gt_(0.0))
    constant = _sums(by_score, order.node, num_nodes)
    return slope * constant.unsqueeze(1) + (1.0 - slope) * positive

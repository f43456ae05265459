"""What each operator costs an edge, forward and backward."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from training_bench.measure import cpu_seconds

_BASE = "lightgcn"
_REPEATS = 15


def operator_lines(data_folder: Path, width: int) -> Iterator[dict[str, Any]]:
    """Nanoseconds of one layer an edge of the training graph, and as multiples of LightGCN's; the median of 15."""
    from gnas_ray.data import open_prepared
    from gnas_ray.models.graph import Graph, GraphOptions, build_graph
    from gnas_ray.models.operators import OPERATORS

    torch.set_num_threads(1)
    graph = build_graph(open_prepared(data_folder).csr("train"), GraphOptions())

    def nanoseconds(name: str, graph: Graph) -> float:
        torch.manual_seed(0)
        operator = OPERATORS[name](width)
        x = torch.randn(graph.num_nodes, width, requires_grad=True)
        gradient = torch.randn(graph.num_nodes, width)

        def step() -> None:
            x.grad = None
            operator.zero_grad(set_to_none=True)
            operator(x, graph).backward(gradient)

        step()  # the graph makes its matrices
        seconds = statistics.median(cpu_seconds(step) for _ in range(_REPEATS))
        return 1e9 * seconds / graph.num_edges

    base = nanoseconds(_BASE, graph)
    for name in OPERATORS:
        cost = base if name == _BASE else nanoseconds(name, graph)
        yield {"operator": name, "ns_per_edge": cost, "times_lightgcn": cost / base}

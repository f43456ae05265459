import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix
from torch_geometric.nn.conv.gcn_conv import gcn_norm

from gnas_ray.models.graph import Graph, GraphOptions, build_graph
from tests.models.graphs import small_graph, small_interactions

CAPPED = GraphOptions(neighbour_cap=2)


def dense(graph: Graph, *, self_loops: bool) -> torch.Tensor:
    """PyG's normalisation as a matrix, row = target."""
    index, weight = gcn_norm(
        graph.edge_index, graph.edge_weight, graph.num_nodes, add_self_loops=self_loops, dtype=torch.float32
    )
    matrix = torch.zeros(graph.num_nodes, graph.num_nodes)
    matrix[index[1], index[0]] = weight
    return matrix


@pytest.mark.parametrize("rated", [False, True])
@pytest.mark.parametrize("options", [GraphOptions(), CAPPED])
def test_normalisations_are_pygs(options: GraphOptions, rated: bool) -> None:
    graph = small_graph(options, rated=rated)
    torch.testing.assert_close(graph.normalised.rows.to_dense(), dense(graph, self_loops=False))
    torch.testing.assert_close(graph.self_looped.rows.to_dense(), dense(graph, self_loops=True))


def test_mean_rows_sum_to_one_where_there_are_neighbours() -> None:
    sums = small_graph(rated=True).mean.rows.to_dense().sum(dim=1)
    assert sums[8] == 0
    torch.testing.assert_close(torch.cat([sums[:8], sums[9:]]), torch.ones(15))


def test_uncapped_graph_hears_both_ways_capped_one_does_not() -> None:
    assert small_graph().normalised.is_symmetric
    assert not small_graph(CAPPED).normalised.is_symmetric


def test_edge_index_goes_from_source_to_target() -> None:
    interactions = csr_matrix(np.array([[1.0, 0.0]], dtype=np.float32))
    capped = build_graph(interactions, GraphOptions())
    assert capped.edge_index.tolist() == [[1, 0], [0, 1]]


def test_text_edges_join_items_beside_the_cap() -> None:
    similar = csr_matrix(np.ones((7, 7)) - np.eye(7), dtype=np.float32)
    options = GraphOptions(neighbour_cap=1, text_edges=6)
    graph = build_graph(small_interactions(), options, similar=similar)
    degree = torch.bincount(graph.edge_index[1], minlength=16)
    assert degree[:9].tolist() == [1] * 8 + [0]
    assert degree[9:].tolist() == [7] * 7


def test_text_edges_without_similarities_are_refused() -> None:
    with pytest.raises(ValueError, match="similarity"):
        build_graph(small_interactions(), GraphOptions(text_edges=5))


def test_same_cap_draws_the_same_neighbours() -> None:
    assert torch.equal(small_graph(CAPPED).edge_index, small_graph(CAPPED).edge_index)


@pytest.mark.parametrize("options", [GraphOptions(), GraphOptions(neighbour_cap=2)])
def test_without_edges_both_directions_go_together(options: GraphOptions) -> None:
    graph = small_graph(options, rated=True)
    fewer = graph.without_edges(0.5, np.random.default_rng(0))
    assert 0 < fewer.num_edges < graph.num_edges
    whole, kept = graph.adjacency.rows.to_dense(), fewer.adjacency.rows.to_dense()
    gone = (whole != 0) & (kept == 0)
    assert torch.equal(torch.where(gone, 0, whole), kept)
    assert not (gone & (kept.T != 0)).any()
    assert graph.without_edges(0.0, np.random.default_rng(0)).num_edges == graph.num_edges
    assert graph.without_edges(1.0, np.random.default_rng(0)).num_edges == 0

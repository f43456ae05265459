"""Conformance of every operator, and equality with PyG's module where PyG has one."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch_geometric.nn import APPNP, LGConv

from gnas_ray.models.graph import Graph, GraphOptions
from gnas_ray.models.operators import OPERATORS, Operator
from gnas_ray.models.operators.appnp import STEPS, TELEPORT
from tests.models.graphs import small_graph

WIDTH = 4
Reference = Callable[[Operator, Tensor, Graph], Tensor]


def test_members_are_those_of_the_search_space() -> None:
    assert set(OPERATORS) == {"none", "lightgcn", "gcn", "graphsage", "gat", "gin", "gru", "ngcf", "appnp"}


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("options", [GraphOptions(), GraphOptions(neighbour_cap=2)])
def test_keeps_the_shape_and_lets_gradients_through(name: str, options: GraphOptions) -> None:
    operator = OPERATORS[name](WIDTH)
    x = torch.randn(16, WIDTH, requires_grad=True)
    out = operator(x, small_graph(options, rated=True))
    out.square().sum().backward()
    assert out.shape == x.shape and out.isfinite().all()
    gradients = [x.grad, *(parameter.grad for parameter in operator.parameters())]
    assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("name", OPERATORS)
def test_says_whether_the_graph_and_its_weights_matter(name: str) -> None:
    torch.manual_seed(0)
    operator, x = OPERATORS[name](WIDTH).eval(), torch.randn(16, WIDTH)
    plain, weighted, capped = (
        operator(x, graph)
        for graph in (
            small_graph(),
            small_graph(GraphOptions(edge_weights="rating"), rated=True),
            small_graph(GraphOptions(neighbour_cap=2)),
        )
    )
    assert operator.uses_edge_weights == (not torch.equal(plain, weighted))
    assert operator.uses_graph == (not torch.equal(plain, capped))


@pytest.mark.parametrize("name", [name for name in OPERATORS if name != "none"])
def test_hears_neighbours_and_nobody_else(name: str) -> None:
    torch.manual_seed(0)
    graph = small_graph()
    operator = OPERATORS[name](WIDTH).eval()
    x = torch.randn(16, WIDTH)
    changed = x.clone()
    changed[9] += 1.0  # the first item
    difference = (operator(changed, graph) - operator(x, graph)).abs().sum(dim=1) > 1e-6
    source, target = graph.edge_index
    hears = {9}
    for _ in range(STEPS if name == "appnp" else 1):
        hears |= set(target[torch.isin(source, torch.tensor(sorted(hears)))].tolist())
    hears -= {9}
    assert hears and set(difference.nonzero().flatten().tolist()) - {9} == hears


def pyg_module_of(operator: Operator, x: Tensor, graph: Graph) -> Tensor:
    return operator.conv(x, graph.edge_index)


def pyg_normalised(operator: Operator, x: Tensor, graph: Graph) -> Tensor:
    degree = torch.bincount(graph.edge_index[1], minlength=graph.num_nodes).float()
    source, target = graph.edge_index
    return operator.conv(x, graph.edge_index, (degree[source] * degree[target]).rsqrt())


def pyg_lightgcn(operator: Operator, x: Tensor, graph: Graph) -> Tensor:
    return LGConv()(x, graph.edge_index)


def pyg_appnp(operator: Operator, x: Tensor, graph: Graph) -> Tensor:
    return APPNP(K=STEPS, alpha=TELEPORT)(x, graph.edge_index)


def plain_ngcf(operator: Operator, x: Tensor, graph: Graph) -> Tensor:
    """Equation 3 and 4 of arXiv:1905.08108, node by node, edge by edge."""
    degree = torch.bincount(graph.edge_index[1], minlength=graph.num_nodes)
    first, second = operator.linear, operator.interaction
    out = x @ first.weight.T + first.bias + second.bias
    for source, target in graph.edge_index.T.tolist():
        message = first.weight @ x[source] + second.weight @ (x[source] * x[target])
        out[target] = out[target] + message / (degree[source] * degree[target]).sqrt()
    return out


REFERENCES: dict[str, Reference] = {
    "lightgcn": pyg_lightgcn,
    "gcn": pyg_module_of,
    "graphsage": pyg_module_of,
    "gat": pyg_module_of,
    "gin": pyg_module_of,
    "gru": pyg_normalised,
    "ngcf": plain_ngcf,
    "appnp": pyg_appnp,
    "none": lambda operator, x, graph: x,
}


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("options", [GraphOptions(), GraphOptions(neighbour_cap=2)])
def test_agrees_with_the_reference(name: str, options: GraphOptions) -> None:
    torch.manual_seed(0)
    graph, operator = small_graph(options), OPERATORS[name](WIDTH)
    for parameter in operator.parameters():  # biases start at zero, which would hide them
        torch.nn.init.normal_(parameter)
    x = torch.randn(16, WIDTH)
    ours = x.clone().requires_grad_()
    theirs = x.clone().requires_grad_()
    weight = torch.randn(16, WIDTH)
    (operator(ours, graph) * weight).sum().backward()
    (REFERENCES[name](operator, theirs, graph) * weight).sum().backward()
    torch.testing.assert_close(operator(x, graph), REFERENCES[name](operator, x, graph), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=1e-5)

import pytest
import torch
from scipy.sparse import csr_matrix

from gnas_ray.models import attention
from gnas_ray.models.attention import AttentionEdges, attend

NUM_NODES, WIDTH, SLOPE = 6, 3, 0.2
NEIGHBOURS = {0: [0, 1, 2, 3, 4, 5], 1: [0], 2: [2, 5], 3: [0, 1, 4], 4: [3], 5: [1, 2, 3, 5]}


def edges() -> AttentionEdges:
    target = [node for node, heard in NEIGHBOURS.items() for _ in heard]
    source = [other for heard in NEIGHBOURS.values() for other in heard]
    adjacency = csr_matrix(([1.0] * len(source), (target, source)), shape=(NUM_NODES, NUM_NODES))
    return AttentionEdges(adjacency, torch.device("cpu"))


def inputs() -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    shapes = [(NUM_NODES, WIDTH), (NUM_NODES, WIDTH), (WIDTH,)]
    return [torch.randn(shape, generator=generator).requires_grad_() for shape in shapes]


def plain(source: torch.Tensor, target: torch.Tensor, query: torch.Tensor) -> torch.Tensor:
    """Node by node."""
    rows = []
    for node, heard in NEIGHBOURS.items():
        scores = torch.nn.functional.leaky_relu(source[heard] + target[node], SLOPE) @ query
        rows.append(torch.softmax(scores, dim=0) @ source[heard])
    return torch.stack(rows)


@pytest.mark.parametrize("block_bytes", [4 * WIDTH, 4 * WIDTH * 4, 1 << 20])  # an edge, four, all
def test_agrees_with_the_plain_version_whatever_the_block(block_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(attention._BLOCK_BYTES, "cpu", block_bytes)
    ours, theirs = inputs(), inputs()
    weight = torch.randn(NUM_NODES, WIDTH)
    found = attend(*ours, edges=edges(), slope=SLOPE)
    expected = plain(*theirs)
    (found * weight).sum().backward()
    (expected * weight).sum().backward()
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)
    for our, their in zip(ours, theirs, strict=True):
        torch.testing.assert_close(our.grad, their.grad, rtol=1e-4, atol=1e-6)

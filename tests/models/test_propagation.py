import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from gnas_ray.models.propagation import SparseMatrix, propagate


def random_matrix(*, symmetric: bool) -> csr_matrix:
    generator = np.random.default_rng(0)
    dense = generator.random((7, 7)) * (generator.random((7, 7)) < 0.4)
    return csr_matrix(dense + dense.T if symmetric else dense, dtype=np.float32)


@pytest.mark.parametrize("symmetric", [True, False])
def test_propagate_gives_the_dense_product_and_its_gradient(symmetric: bool) -> None:
    matrix = random_matrix(symmetric=symmetric)
    x = torch.randn(7, 3, requires_grad=True)
    weight = torch.randn(7, 3)
    (propagate(SparseMatrix.from_scipy(matrix), x) * weight).sum().backward()
    dense = torch.from_numpy(matrix.toarray())
    torch.testing.assert_close(propagate(SparseMatrix.from_scipy(matrix), x), dense @ x)
    torch.testing.assert_close(x.grad, dense.T @ weight)


def test_symmetric_matrix_is_held_once() -> None:
    assert SparseMatrix.from_scipy(random_matrix(symmetric=True)).is_symmetric
    assert not SparseMatrix.from_scipy(random_matrix(symmetric=False)).is_symmetric


def test_indices_take_four_bytes() -> None:
    assert SparseMatrix.from_scipy(random_matrix(symmetric=True)).rows.col_indices().dtype == torch.int32


def test_row_without_entries_hears_nothing() -> None:
    matrix = csr_matrix(np.array([[0, 0], [1, 0]], dtype=np.float32))
    out = propagate(SparseMatrix.from_scipy(matrix), torch.tensor([[2.0], [3.0]]))
    assert out.tolist() == [[0.0], [2.0]]


def test_a_graph_without_edges_says_nothing() -> None:
    x = torch.ones(2, 3, requires_grad=True)
    out = propagate(SparseMatrix.from_scipy(csr_matrix((2, 2), dtype=np.float32)), x)
    out.sum().backward()
    assert out.tolist() == x.grad.tolist() == [[0.0] * 3] * 2

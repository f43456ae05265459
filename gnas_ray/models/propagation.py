"""Products of a constant sparse matrix with node vectors, the inner loop of every graph operator."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.sparse import csr_matrix
from torch import Tensor
from torch.nn import functional as F

from gnas_ray.models.transfer import to_device

_INT32_MAX = np.iinfo(np.int32).max


@dataclass(frozen=True)
class SparseMatrix:
    """A constant square matrix and its transpose, both in compressed rows.

    For a symmetric matrix the two are one tensor, which halves the memory and keeps it in the processor's cache.

    Attributes:
        rows: The matrix, `torch.sparse_csr`, (nodes, nodes), float32.
        transposed_rows: Its transpose in the same layout.
    """

    rows: Tensor
    transposed_rows: Tensor

    @classmethod
    def from_scipy(cls, matrix: csr_matrix) -> "SparseMatrix":
        """Convert, and notice symmetry."""
        matrix = _sorted(matrix)
        transposed = _sorted(matrix.T.tocsr())
        rows = _to_torch(matrix)
        if _equal(matrix, transposed):
            return cls(rows, rows)
        return cls(rows, _to_torch(transposed))

    @property
    def is_symmetric(self) -> bool:
        """Whether one tensor serves forward and backward."""
        return self.rows is self.transposed_rows

    def to(self, device: torch.device) -> "SparseMatrix":
        """The same matrix on `device`."""
        rows = _to_device(self.rows, device)
        return SparseMatrix(rows, rows if self.is_symmetric else _to_device(self.transposed_rows, device))


class _Propagate(torch.autograd.Function):
    """Sparse times dense whose backward is one product with a matrix that already exists.

    Ordinary autograd converts the matrix to a transposed layout in every backward pass: 7.2 ms against .9
    here for 161,616 edges and width 64 on one thread, forward and backward together.
    """

    @staticmethod
    @torch.amp.custom_fwd(device_type="cuda", cast_inputs=torch.float32)  # type: ignore[untyped-decorator]
    def forward(ctx: Any, x: Tensor, rows: Tensor, transposed_rows: Tensor) -> Tensor:
        ctx.transposed_rows = transposed_rows
        return multiply(rows, x)

    @staticmethod
    @torch.amp.custom_bwd(device_type="cuda")  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        return multiply(ctx.transposed_rows, gradients[0].contiguous()), None, None


def propagate(matrix: SparseMatrix, x: Float[Tensor, "nodes width"]) -> Float[Tensor, "nodes width"]:
    """`matrix @ x`, differentiable in `x`."""
    product: Tensor = _Propagate.apply(x, matrix.rows, matrix.transposed_rows)  # type: ignore[no-untyped-call]
    return product


def multiply(rows: Tensor, x: Float[Tensor, "columns width"]) -> Float[Tensor, "rows width"]:
    """``rows @ x`` of a `torch.sparse_csr` and a dense matrix, not differentiable.

    On CPU MKL's product, which ``@`` calls, takes twice as long as `sum_rows` (torch 2.13): .75 ms against .29 for
    133,550 entries and width 64, 113 against 35 for 3,945,636.
    """
    if x.device.type == "cpu":
        return sum_rows(x, rows.col_indices(), rows.crow_indices(), rows.values())
    # `@` fills its result with zeros and copies it once before it computes it (torch 2.13).
    out = torch.empty(rows.shape[0], x.shape[1], dtype=x.dtype, device=x.device)
    return out.addmm_(rows, x, beta=0.0)


def sum_rows(
    x: Float[Tensor, "nodes width"],
    index: Int[Tensor, " entries"],
    starts: Int[Tensor, " sums_and_one"],
    weights: Float[Tensor, " entries"] | None = None,
) -> Float[Tensor, "sums width"]:
    """(Weighted) sums of rows of `x`, not differentiable: sum i takes the rows ``index[starts[i]:starts[i + 1]]``.

    Embedding tables have this sum's fastest kernel: on x86 PyTorch's is made by FBGEMM for the width at hand.
    """
    return F.embedding_bag(index, x.detach(), starts, mode="sum", per_sample_weights=weights, include_last_offset=True)


def compressed_rows(
    starts: Int[Tensor, " rows_and_one"],
    columns: Int[Tensor, " entries"],
    values: Float[Tensor, " entries"],
    shape: tuple[int, int],
) -> Tensor:
    """A `torch.sparse_csr` matrix of parts that are known to fit together."""
    return torch.sparse_csr_tensor(starts, columns, values, shape, check_invariants=False)


def _swallow_the_beta_warning() -> None:
    """PyTorch warns once a process, at the first matrix of this layout (torch 2.13)."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        torch.eye(1).to_sparse_csr()


_swallow_the_beta_warning()


def _sorted(matrix: csr_matrix) -> csr_matrix:
    matrix = csr_matrix(matrix, dtype=np.float32)
    matrix.sort_indices()
    return matrix


def _equal(left: csr_matrix, right: csr_matrix) -> bool:
    return (
        np.array_equal(left.indptr, right.indptr)
        and np.array_equal(left.indices, right.indices)
        and np.allclose(left.data, right.data, rtol=1e-6, atol=0)
    )


def _to_device(rows: Tensor, device: torch.device) -> Tensor:
    parts = rows.crow_indices(), rows.col_indices(), rows.values()
    starts, columns, values = (to_device(part, device) for part in parts)
    return compressed_rows(starts, columns, values, (rows.shape[0], rows.shape[1]))


def _to_torch(matrix: csr_matrix) -> Tensor:
    # 32-bit indices: half the memory traffic, and what MKL and cuSPARSE are fastest with.
    index_type = np.int32 if max(matrix.nnz, *matrix.shape) <= _INT32_MAX else np.int64
    return compressed_rows(
        torch.from_numpy(matrix.indptr.astype(index_type)),
        torch.from_numpy(matrix.indices.astype(index_type)),
        torch.from_numpy(matrix.data),
        matrix.shape,
    )

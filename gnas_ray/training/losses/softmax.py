"""The part that all softmax losses share: a weighted sum of log-sum-exps, in memory that does not grow with rows."""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

_BLOCK_BYTES = {"cpu": 1 << 20, "cuda": 256 << 20}
"""Scores held at once. On CPU a block that stays in the second-level cache; on a GPU one that fills it."""
_LEAST_ROWS = {"cpu": 64, "cuda": 1}
"""Of a block, however many its columns. Every block adds a product (columns, width) to the columns' gradient, as many
numbers as the scores of `width` rows; and the more columns, the fewer rows to a block, so the cost would grow with
their square. 256 rows of width 64 and 100,000 columns, of which the cache holds 2 rows, took 1.8 s in such blocks and
.27 in blocks of 64. On a GPU a block of a million columns has 67 rows anyway."""


def block_rows(device: torch.device, *, num_columns: int) -> int:
    """How many rows of float32 scores make a block, where there are as many."""
    return max(_LEAST_ROWS[device.type], _BLOCK_BYTES[device.type] // (4 * max(num_columns, 1)))


class _LogSumExp(torch.autograd.Function):
    """sum_r weight_r log sum_c exp(row_r . column_c + bias_c).

    The gradients are made in forward, block by block of rows, while a block's scores are still there: the scores
    are computed once and never stored.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor, columns: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        total = torch.zeros((), device=rows.device)
        row_gradient = torch.empty_like(rows, dtype=torch.float32)
        column_gradient = torch.zeros_like(columns, dtype=torch.float32)
        step = block_rows(rows.device, num_columns=len(columns))
        for start in range(0, len(rows), step):
            block, block_weight = rows[start : start + step], weight[start : start + step]
            scores = (block @ columns.T).float()
            if bias is not None:
                scores += bias
            largest = scores.amax(dim=1, keepdim=True)
            scores.sub_(largest).exp_()
            sums = scores.sum(dim=1, keepdim=True)
            total += torch.dot(block_weight, (sums.log() + largest).squeeze(1))
            scores *= block_weight.unsqueeze(1) / sums
            row_gradient[start : start + step] = scores @ columns
            column_gradient += scores.T @ block
        ctx.save_for_backward(row_gradient, column_gradient)
        ctx.dtypes = rows.dtype, columns.dtype
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None]:
        row_gradient, column_gradient = ctx.saved_tensors
        scale = gradients[0]
        return (
            (row_gradient * scale).to(ctx.dtypes[0]),
            (column_gradient * scale).to(ctx.dtypes[1]),
            None,
            None,
        )


def sum_log_sum_exp(
    rows: Float[Tensor, "rows width"],
    columns: Float[Tensor, "columns width"],
    *,
    weight: Float[Tensor, " rows"],
    bias: Float[Tensor, " columns"] | None = None,
) -> Float[Tensor, ""]:
    """``sum_r weight_r log sum_c exp(row_r . column_c + bias_c)``, differentiable in rows and columns."""
    total: Tensor = _LogSumExp.apply(rows, columns, weight, bias)  # type: ignore[no-untyped-call]
    return total


def sum_of_dots(
    users: Float[Tensor, "users width"],
    items: Float[Tensor, "items width"],
    user_index: Int[Tensor, " n"],
    item_index: Int[Tensor, " n"],
) -> Float[Tensor, ""]:
    """The sum of the pairs' scores."""
    # index_select: its backward is an index_add, several times faster on CPU than that of users[user_index].
    return (users.index_select(0, user_index) * items.index_select(0, item_index)).sum()

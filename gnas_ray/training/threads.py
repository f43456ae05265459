"""How many threads linear algebra takes."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import threadpool_limits


@contextmanager
def limited_to(threads: int) -> Iterator[None]:
    """Linear algebra on `threads` threads; BLAS's own, which neither torch nor `implicit` sets, included."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with threadpool_limits(threads):
            yield
    finally:
        torch.set_num_threads(before)

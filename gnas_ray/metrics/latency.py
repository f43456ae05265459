"""How long recommending takes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch


def latency_ms_per_1000_users(
    recommend: Callable[[], object], num_users: int, *, repeats: int = 5, device: torch.device | str = "cpu"
) -> float:
    """Median wall time of `recommend`, which serves `num_users` users, as milliseconds per 1,000 users.

    One call comes first that does not count (caches, lazy kernels).
    """
    seconds = []
    for _ in range(repeats + 1):
        _wait_for(device)
        started = time.perf_counter()
        recommend()
        _wait_for(device)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:]) * 1e3 * 1000 / num_users


def _wait_for(device: torch.device | str) -> None:
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)

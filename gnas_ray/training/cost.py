"""What a training costs, as metrics beside the ranking metrics."""

import resource
import statistics
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

_STATUS = Path("/proc/self/status")
_CLEAR_REFS = Path("/proc/self/clear_refs")
_PREFIX = "costs."


class TrialCosts:
    """What a trial has cost so far, whoever trained a part of it.

    An epoch is slow or quick by chance, and a trial that goes on elsewhere starts with another peak. So a trial's
    seconds an epoch are the median of its epochs, its memory the highest peak, and its latency is measured once: what
    is compared with a bound is the trial's, and hardly changes while it trains.
    """

    def __init__(self) -> None:
        self._epoch_seconds: list[float] = []
        self._peak_memory = 0.0
        self._latency_ms: float | None = None

    def add_epoch(self, seconds: float) -> float:
        """The median of all with this one."""
        self._epoch_seconds.append(seconds)
        return statistics.median(self._epoch_seconds)

    def peak_memory(self, device: torch.device) -> float:
        """Bytes; see `peak_memory_bytes`."""
        self._peak_memory = max(self._peak_memory, float(peak_memory_bytes(device)))
        return self._peak_memory

    def latency_ms(self, measure: Callable[[], float]) -> float:
        """What `measure` gave when the trial was first asked."""
        if self._latency_ms is None:
            self._latency_ms = measure()
        return self._latency_ms

    def tensors(self) -> dict[str, Tensor]:
        """All of it, by name."""
        latency = [] if self._latency_ms is None else [self._latency_ms]
        plain = {"epoch_seconds": self._epoch_seconds, "peak_memory": [self._peak_memory], "latency_ms": latency}
        return {f"{_PREFIX}{name}": torch.tensor(numbers, dtype=torch.float64) for name, numbers in plain.items()}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of `tensors`; others are left alone."""
        plain = {n.removeprefix(_PREFIX): t.tolist() for n, t in tensors.items() if n.startswith(_PREFIX)}
        self._epoch_seconds = plain.get("epoch_seconds", [])
        self._peak_memory = max(plain.get("peak_memory", [0.0]))
        self._latency_ms = next(iter(plain.get("latency_ms", [])), None)


def reset_peak_memory(device: torch.device) -> None:
    """Forget the peak of earlier trials in this process, where the system can (Linux, CUDA).

    What they left in PyTorch's cache of GPU memory is given back, for other processes may train on the same card.
    """
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    elif _CLEAR_REFS.exists():
        try:
            _CLEAR_REFS.write_text("5")  # proc(5): resets the peak resident set size
        except OSError:
            return  # a container may forbid it: then the peak is that of the process so far


def peak_memory_bytes(device: torch.device) -> int:
    """Peak since `reset_peak_memory`: allocated on the GPU, or the resident size of the process."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    if _STATUS.exists():
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def num_parameters(module: torch.nn.Module) -> int:
    """Trained numbers."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)

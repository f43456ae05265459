"""What a training costs, as metrics beside the ranking metrics."""

import resource
import sys
from pathlib import Path

import torch

_STATUS = Path("/proc/self/status")
_CLEAR_REFS = Path("/proc/self/clear_refs")


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

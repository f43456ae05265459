"""The processes that train one trial together."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
import torch.distributed
from torch import Tensor

from gnas_ray.core import GnasRayError


class Ranks(ABC):
    """A process's place among those that train the same trial.

    Every rank holds the whole model and propagates fully, takes its slice of each batch, and sums gradients with
    the others: the same numbers as one process, up to the order of additions.
    """

    rank: int = 0
    count: int = 1

    @abstractmethod
    def sum(self, tensors: Sequence[Tensor]) -> None:
        """Replaces every tensor by its sum over all ranks, in place."""


class SingleRank(Ranks):
    """One process."""

    def sum(self, tensors: Sequence[Tensor]) -> None:
        """See `Ranks.sum`."""


class DistributedRanks(Ranks):
    """The processes of torch.distributed's default group (gloo on CPU, NCCL on CUDA).

    Raises:
        GnasRayError: Their GPUs are of different kinds, which draw different numbers from one seed, so that the
            processes would not train the same.
    """

    def __init__(self) -> None:
        self.rank = torch.distributed.get_rank()
        self.count = torch.distributed.get_world_size()
        kinds: list[str] = [""] * self.count
        torch.distributed.all_gather_object(kinds, _kind_of_gpu())
        if len(set(kinds)) > 1:
            different = ", ".join(kind or "none" for kind in dict.fromkeys(kinds))
            raise GnasRayError(f"processes that train one trial want GPUs of one kind, got {different}")

    def sum(self, tensors: Sequence[Tensor]) -> None:
        """See `Ranks.sum`; all of them travel as one vector, because each message costs a round trip."""
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        torch.distributed.all_reduce(flat)
        parts = torch.split(flat, [tensor.numel() for tensor in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view_as(tensor))


def _kind_of_gpu() -> str:
    """The present GPU's name and number of multiprocessors; "" without one."""
    if not torch.cuda.is_available():
        return ""
    properties = torch.cuda.get_device_properties(torch.cuda.current_device())
    return f"{properties.name} ({properties.multi_processor_count} multiprocessors)"


def find_ranks() -> Ranks:
    """The ranks this process was started among: torch.distributed's where it is initialised, else one."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return DistributedRanks()
    return SingleRank()

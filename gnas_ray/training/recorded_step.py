"""A training step that a GPU is told once and then repeats by itself."""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from gnas_ray.training.batches import Batch
from gnas_ray.training.errors import UnrecordableStepError

Step = Callable[[Batch], Tensor]
"""One update; the batch's mean loss."""

_WARM_UP = 3
"""Steps before recording, as PyTorch's notes on CUDA graphs want it: libraries and optimiser set themselves up."""


class RecordedStep:
    """Runs a step as a CUDA graph: one launch for some hundred kernels that take microseconds each.

    The first steps run as they are, on a stream of their own; the next is recorded, and from then on repeated on what
    is copied into its batch. The smaller batch at an epoch's end runs as it is. The numbers are those of the plain
    step. Memory of the step stays reserved for as long as this lives.

    Args:
        generator: What the step draws from besides the device's global generator.
    """

    def __init__(self, generator: torch.Generator) -> None:
        self._generator = generator
        self._size = 0
        self._num_warm_ups = 0
        self._stream = _warm_up_stream(generator.device)
        self._recording: tuple[torch.cuda.CUDAGraph, Batch, Tensor] | None = None

    def __call__(self, step: Step, batch: Batch) -> Tensor:
        """The batch's mean loss, which the next call overwrites.

        Args:
            step: The same at every call. It must not wait for the device, nor depend on anything of the host that
                changes but the batch.
            batch: What it is done on.

        Raises:
            UnrecordableStepError: The step did so when it was recorded.
        """
        self._size = self._size or len(batch)  # an epoch's first batch is a whole one
        if len(batch) != self._size:
            return step(batch)
        if self._num_warm_ups < _WARM_UP:
            self._num_warm_ups += 1
            return self._warm_up(step, batch)
        graph, recorded, loss = self._recording or self._record(step, batch)
        recorded.user_index.copy_(batch.user_index)
        recorded.item_index.copy_(batch.item_index)
        graph.replay()
        return loss

    def _warm_up(self, step: Step, batch: Batch) -> Tensor:
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            loss = step(batch)
        torch.cuda.current_stream().wait_stream(self._stream)
        return loss

    def _record(self, step: Step, batch: Batch) -> tuple[torch.cuda.CUDAGraph, Batch, Tensor]:
        recorded = Batch(batch.user_index.clone(), batch.item_index.clone(), batch.mine)
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self._generator)
        try:
            with torch.cuda.graph(graph):
                loss = step(recorded)
        except RuntimeError as error:
            raise _cause_of(error) from None
        self._recording = graph, recorded, loss
        return self._recording


def _cause_of(error: RuntimeError) -> Exception:
    """Why a recording failed: what the step raised, which the end of the recording covers with an error of its own."""
    cause = error.__context__ if isinstance(error.__context__, Exception) else error
    return cause if isinstance(cause, torch.OutOfMemoryError) else UnrecordableStepError(cause)


@cache
def _warm_up_stream(device: torch.device) -> torch.cuda.Stream:
    """The same for every trial, because cuBLAS keeps a workspace for each stream that it has seen."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]


def make_recordable(optimiser: torch.optim.Optimizer, device: torch.device) -> None:
    """Has a new optimiser keep on the device what a recording would otherwise fix: learning rate and step count."""
    for group in optimiser.param_groups:
        group["lr"] = torch.tensor(group["lr"], dtype=torch.float32, device=device)
        if "capturable" in group:
            group["capturable"] = True

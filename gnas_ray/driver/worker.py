"""What a Ray Train worker does all its life: take an order, work on it, say what came of it, take the next."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass

import ray
import ray.train

from gnas_ray.core import Ending, Failure, Measurement, Outcome
from gnas_ray.driver.switchboard import Order, WorkerEvent

Work = Callable[[Order], Generator[Measurement]]
"""Works on one order and yields what it measures, up to the order's `until`. Runs in every process of the group; an
exception is a failed trial, closing the generator stops it."""

_NO_MEMORY = ("out of memory", "allocate memory", "alloc_failed", "insufficient resources")
"""How PyTorch's allocators, cuBLAS and cuSPARSE say it."""
DETAIL_LINES = 25
"""How much of a failure's traceback goes to the ledger."""


@dataclass(frozen=True)
class WorkerSettings:
    """What every process of a worker group is started with."""

    switchboard: ray.actor.ActorHandle
    line: str
    work: Work


def serve_orders(config: Mapping[str, WorkerSettings]) -> None:
    """The `train_loop_per_worker` of a warm worker group: rank 0 talks to the switchboard and tells the others.

    A failure ends its order only. But in a group of several, ranks that did not fail hang in a collective, and
    after a CUDA error the process' context is lost: then the rank that failed says so itself and gives its process
    up, so that the whole group is replaced.

    Args:
        config: `WorkerSettings` under "settings"; Ray Train passes nothing but a dict.
    """
    settings = config["settings"]
    if not ray.get_gpu_ids():
        os.environ["CUDA_VISIBLE_DEVICES"] = ""  # Ray hides no GPU from a process that it gave none
    while (order := _next_order(settings)) is not None:
        try:
            outcome = _run_order(settings, order)
        except Exception as error:
            outcome = _failed(error)
            if _is_poisoned(error, outcome):
                _send(settings, order, outcome, is_leaving=True)
                os._exit(1)
        _say(settings, order, outcome)


def _run_order(settings: WorkerSettings, order: Order) -> Outcome:
    measurements = settings.work(order)
    try:
        for measurement in measurements:
            if not _say(settings, order, measurement):
                return Outcome(Ending.STOPPED)
    finally:
        measurements.close()
    return Outcome(Ending.FINISHED)


def _is_poisoned(error: Exception, outcome: Outcome) -> bool:
    """Whether the group can't take another order. A NaN is in the loss that all ranks share, so all of them see it."""
    return "CUDA error" in str(error) or not (_is_alone() or outcome.failure is Failure.NAN)


def _failed(error: Exception) -> Outcome:
    lines = traceback.format_exception(error)
    detail = "".join(lines).strip().splitlines()[-DETAIL_LINES:]
    return Outcome(Ending.FAILED, classify(error), "\n".join(detail))


def classify(error: BaseException) -> Failure:
    """The kind of failure an exception means; by its type where there is one, by its words where not.

    PyTorch's CPU allocator raises a plain RuntimeError when memory runs out (torch 2.13).
    """
    text = f"{type(error).__name__}: {error}".lower()
    if isinstance(error, MemoryError) or any(words in text for words in _NO_MEMORY):
        return Failure.OUT_OF_MEMORY
    if isinstance(error, FloatingPointError):
        return Failure.NAN
    return Failure.EXCEPTION


def _say(settings: WorkerSettings, order: Order, said: Measurement | Outcome) -> bool:
    go_on = _send(settings, order, said) if _rank() == 0 else True
    return bool(_from_rank_0(go_on))


def _send(settings: WorkerSettings, order: Order, said: Measurement | Outcome, *, is_leaving: bool = False) -> bool:
    label = f"trial-{order.number:04d} {_label(order, said)} ({settings.line})"
    call = settings.switchboard.say.options(name=label)
    return bool(ray.get(call.remote(settings.line, WorkerEvent(order.number, said, is_leaving=is_leaving))))


def _label(order: Order, said: Measurement | Outcome) -> str:
    """The word in the dashboard."""
    if isinstance(said, Measurement):
        return f"fidelity {said.fidelity}"
    return "paused" if order.until and said.ending is Ending.FINISHED else said.ending.value


def _next_order(settings: WorkerSettings) -> Order | None:
    call = settings.switchboard.next_order.options(name=f"worker group {settings.line} ready")
    order = ray.get(call.remote(settings.line)) if _rank() == 0 else None
    received = _from_rank_0(order)
    assert received is None or isinstance(received, Order)
    return received


def _rank() -> int:
    return int(ray.train.get_context().get_world_rank())


def _is_alone() -> bool:
    return int(ray.train.get_context().get_world_size()) == 1


def _from_rank_0(value: object) -> object:
    if _is_alone():
        return value
    import torch.distributed

    box = [value]
    torch.distributed.broadcast_object_list(box, src=0)
    return box[0]

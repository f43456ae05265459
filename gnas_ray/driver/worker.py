"""What a Ray Train worker does all its life: take an order, work on it, say what came of it, take the next."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import ray
import ray.train

from gnas_ray.core import Ending, Failure, Measurement, Outcome
from gnas_ray.driver.switchboard import Order, WorkerEvent

Work = Callable[[Order], Iterator[Measurement]]
"""Works on one order and yields what it measures. Runs in every process of the group; an exception is a failed
trial, closing the iterator stops it."""

DETAIL_LINES = 25
"""How much of a failure's traceback goes to the ledger."""


@dataclass(frozen=True)
class WorkerSettings:
    """What every process of a worker group is started with."""

    switchboard: ray.actor.ActorHandle
    line: str
    work: Work


def serve_orders(settings: WorkerSettings) -> None:
    """The `train_loop_per_worker` of a warm worker group.

    Rank 0 talks to the switchboard and tells the others; all ranks run the same order. A failure in a group of
    one ends the order only. In a larger group the other ranks may hang in a collective, and after a CUDA error
    the process' context is lost: then the failure is said and the process given up, for Ray Train to replace.
    """
    while (order := _next_order(settings)) is not None:
        outcome, poisoned = _run_order(settings, order)
        _say(settings, order, outcome)
        if poisoned:
            os._exit(1)


def _run_order(settings: WorkerSettings, order: Order) -> tuple[Outcome, bool]:
    measurements = settings.work(order)
    try:
        for measurement in measurements:
            if not _say(settings, order, measurement):
                return Outcome(Ending.STOPPED), False
    except Exception as error:
        return _failed(error), _is_alone() is False or "CUDA error" in str(error)
    finally:
        close = getattr(measurements, "close", None)
        if close is not None:
            close()
    return Outcome(Ending.FINISHED), False


def _failed(error: Exception) -> Outcome:
    lines = traceback.format_exception(error)
    detail = "".join(lines).strip().splitlines()[-DETAIL_LINES:]
    return Outcome(Ending.FAILED, classify(error), "\n".join(detail))


def classify(error: BaseException) -> Failure:
    """The kind of failure an exception means; by its type where there is one, by its words where not.

    PyTorch's CPU allocator raises a plain RuntimeError when memory runs out (torch 2.13).
    """
    text = f"{type(error).__name__}: {error}".lower()
    if isinstance(error, MemoryError) or any(words in text for words in ("out of memory", "allocate memory")):
        return Failure.OUT_OF_MEMORY
    if isinstance(error, ArithmeticError):
        return Failure.NAN
    return Failure.EXCEPTION


def _say(settings: WorkerSettings, order: Order, said: Measurement | Outcome) -> bool:
    go_on = True
    if _rank() == 0:
        label = f"fidelity {said.fidelity}" if isinstance(said, Measurement) else said.ending.value
        call = settings.switchboard.say.options(name=f"trial-{order.number:04d} {label}")
        go_on = ray.get(call.remote(settings.line, WorkerEvent(order.number, said)))
    return bool(_from_rank_0(go_on))


def _next_order(settings: WorkerSettings) -> Order | None:
    order = ray.get(settings.switchboard.next_order.remote(settings.line)) if _rank() == 0 else None
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

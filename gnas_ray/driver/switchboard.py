"""The mailbox between those who order work and the worker groups that do it."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import ray

from gnas_ray.core import Measurement, Outcome
from gnas_ray.driver.reservations import release


@dataclass(frozen=True)
class Order:
    """One piece of work for a worker group.

    Attributes:
        number: The trial's number; every event about the order carries it.
        payload: What `Work` needs, in plain values.
        until: The fidelity at which the work pauses; None where it ends by itself.
    """

    number: int
    payload: dict[str, object]
    until: int | None = None


@dataclass(frozen=True)
class WorkerEvent:
    """What a worker group says about an order: a measurement, or its outcome as the last word.

    Attributes:
        number: The order's.
        said: What it says.
        is_leaving: The group can't take another order and is gone after this word.
    """

    number: int
    said: Measurement | Outcome
    is_leaving: bool = False


@dataclass
class _Line:
    orders: asyncio.Queue[Order | None] = field(default_factory=asyncio.Queue)
    events: asyncio.Queue[WorkerEvent] = field(default_factory=asyncio.Queue)
    stopped: set[int] = field(default_factory=set)
    began: float = field(default_factory=time.monotonic)
    is_manned: bool = False


class Switchboard:
    """One asynchronous actor per experiment; a line per worker group.

    Ray Train hands reports over at its controller's poll, once in two seconds; a call to this actor takes about
    a millisecond. It holds messages only: losing it loses no trial that the ledger knows.
    """

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = defaultdict(_Line)

    async def give(self, line: str, order: Order) -> None:
        """Hands an order to the group on `line`."""
        await self._lines[line].orders.put(order)

    async def hang_up(self, line: str) -> None:
        """Tells the group on `line` to leave its loop once its present order ends."""
        await self._lines[line].orders.put(None)

    async def next_order(self, line: str) -> Order | None:
        """Waits for the next order; None means: leave."""
        self._lines[line].is_manned = True
        return await self._lines[line].orders.get()

    async def say(self, line: str, event: WorkerEvent) -> bool:
        """Passes an event on; False tells the group to give the order up, as when its line was dropped."""
        state = self._lines.get(line)
        if state is None:
            return False
        await state.events.put(event)
        return event.number not in state.stopped

    async def hear(self, line: str) -> WorkerEvent:
        """Waits for the next event of the group on `line`."""
        return await self._lines[line].events.get()

    async def stop(self, line: str, number: int) -> None:
        """Makes the group give up order `number` at its next event."""
        self._lines[line].stopped.add(number)

    async def forget(self, line: str) -> None:
        """Drops a line whose group is gone."""
        self._lines.pop(line, None)

    async def num_unmanned(self, seconds: float) -> int:
        """Lines on which orders have waited for so long, and no group ever asked for one."""
        now = time.monotonic()
        return sum(not line.is_manned and now - line.began > seconds for line in self._lines.values())

    async def lines(self) -> list[str]:
        """Those whose group did not say that it is gone."""
        return list(self._lines)


@contextmanager
def open_switchboard(name: str) -> Iterator[ray.actor.ActorHandle]:
    """The switchboard of one experiment, on this node, until the block ends; it takes no CPU from trials.

    Groups that are still on a line then have lost those who gave them orders: what they reserved is freed.
    """
    strategy = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
        node_id=ray.get_runtime_context().get_node_id(), soft=False
    )
    unique = f"switchboard of {name} {uuid.uuid4().hex[:8]}"  # the same experiment may run twice on a cluster
    actor = ray.remote(Switchboard)
    handle = actor.options(num_cpus=0, max_concurrency=10_000, scheduling_strategy=strategy, name=unique).remote()
    try:
        yield handle
    finally:
        try:
            with suppress(ray.exceptions.RayError):
                for line in ray.get(handle.lines.remote()):
                    release(line)
        finally:
            ray.kill(handle)

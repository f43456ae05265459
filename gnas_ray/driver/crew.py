"""A fixed list of orders worked off by several worker groups."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from gnas_ray.core import Ending, GnasRayError, Measurement
from gnas_ray.driver.switchboard import Order
from gnas_ray.driver.worker_group import GroupSettings, WorkerGroup, WorkerGroupLostError

Heard = Callable[[Order, Measurement], None]


class OrderFailedError(GnasRayError):
    """An order's outcome was not FINISHED; the text has its name and the failure's detail."""


def work_off(
    orders: Sequence[Order], settings: GroupSettings, *, num_groups: int, heard: Heard, names: Sequence[str]
) -> dict[int, Measurement]:
    """Runs all orders on `num_groups` groups; the last measurement of each, by the order's number.

    An order whose group is lost is given to another group, once.

    Args:
        orders: With numbers that differ.
        settings: Of every group.
        num_groups: How many work at once; no more than there are orders are started.
        heard: Called with every measurement, one call at a time.
        names: Of the orders, for people.

    Raises:
        OrderFailedError: An order failed; the other groups finish what they have begun.
    """
    crew = _Crew(zip(orders, names, strict=True), settings, heard)
    count = max(1, min(num_groups, len(orders)))
    pool = ThreadPoolExecutor(count)  # whose threads the process waits for at its end, as after a Ctrl-C
    working = [pool.submit(crew.work) for _ in range(count)]
    try:
        wait(working)
    except BaseException as interruption:
        crew.error = interruption  # so nothing more is begun
        raise
    pool.shutdown()
    if crew.error:
        raise crew.error
    for worker in working:
        worker.result()  # raises what a group's closing did
    return crew.last


class _Crew:
    def __init__(self, orders: Iterable[tuple[Order, str]], settings: GroupSettings, heard: Heard) -> None:
        self._orders: queue.SimpleQueue[tuple[Order, str]] = queue.SimpleQueue()
        for order in orders:
            self._orders.put(order)
        self._settings = settings
        self._heard = heard
        self._lock = threading.Lock()
        self.last: dict[int, Measurement] = {}
        self.error: BaseException | None = None

    def work(self) -> None:
        group = WorkerGroup(self._settings)
        try:
            while self.error is None:
                self._do(group, *self._orders.get_nowait())
        except queue.Empty:
            pass
        except Exception as error:  # raised again by the thread that waits
            self.error = self.error or error
        finally:
            group.close()

    def _do(self, group: WorkerGroup, order: Order, name: str) -> None:
        with contextlib.suppress(WorkerGroupLostError):
            self._try(group, order, name)
            return
        if self.error is not None:
            return
        try:
            self._try(group, order, name)
        except WorkerGroupLostError as lost:
            raise OrderFailedError(f"{name} lost its worker twice:\n{lost}") from lost

    def _try(self, group: WorkerGroup, order: Order, name: str) -> None:
        group.submit(order)
        while isinstance(said := group.next_event().said, Measurement):
            with self._lock:
                self.last[order.number] = said
                self._heard(order, said)
        if said.ending is not Ending.FINISHED:
            raise OrderFailedError(f"{name} ended as {said.failure or said.ending}:\n{said.detail}")

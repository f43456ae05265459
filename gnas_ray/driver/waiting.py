"""Whether worker groups find a place on the cluster, for whoever wonders why nothing happens."""

from __future__ import annotations

import time
from collections.abc import Callable

import ray

from gnas_ray.core.events import Listener, PhaseStarted

PATIENCE = 60.0
"""Seconds that a group may take to find a place and to start before anybody is told."""
_EVERY = 10.0
"""Seconds between two looks."""


class PlaceWatch:
    """Tells when groups wait for a place, and when none does any more.

    Args:
        count: How many of them have waited longer than `PATIENCE`.
        listener: Hears of it.
        clock: Seconds.
    """

    def __init__(
        self, count: Callable[[], int], listener: Listener, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._count = count
        self._listener = listener
        self._clock = clock
        self._looked = clock()
        self._told = 0

    def look(self) -> None:
        """Looks, if it is time to; call it often."""
        if self._clock() < self._looked + _EVERY:
            return
        self._looked = self._clock()
        waiting = self._count()
        if waiting > self._told:
            groups = "a worker group has" if waiting == 1 else f"{waiting} worker groups have"
            detail = f"{groups} had none for a minute; the cluster has {describe_free()} free"
            self._listener(PhaseStarted("waiting for a place", detail))
        elif self._told and not waiting:
            self._listener(PhaseStarted("searching", "every worker group has a place"))
        self._told = waiting


def describe_free() -> str:
    """What nothing reserves of the connected cluster."""
    free = ray.available_resources()
    return ", ".join(f"{free.get(kind, 0):g} {kind}" for kind in ("CPU", "GPU"))

"""A Ray Train worker group kept alive between trials."""

from __future__ import annotations

import contextlib
import os
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path

import ray
import ray.train
import ray.train.torch
import torch.distributed

from gnas_ray.core import GnasRayError
from gnas_ray.driver.reservations import mark_of, release
from gnas_ray.driver.switchboard import Order, WorkerEvent
from gnas_ray.driver.worker import Work, WorkerSettings, serve_orders

CLOSE_SECONDS = 20.0
"""How long a group may take to leave after it was asked to."""
TRAIN_SETTINGS = {
    "RAY_TRAIN_ENABLE_STATE_TRACKING": "1",  # the group and its processes appear in the dashboard by name
    "RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": "0",  # a process per group, and a lost group is seen without it
}
"""Settings of Ray Train's own, read where a run is started; whatever the user has set wins."""
POLL_SECONDS = 0.25
"""How often a silent group's pulse is felt."""
COLLECTIVE_SECONDS = 24 * 3600
"""How long a group's other ranks wait for rank 0's next word: torch's half an hour would end one that has no order. A
rank that is lost is seen without it."""


class WorkerGroupLostError(GnasRayError):
    """The worker group died (a killed process, a lost node); its text is Ray Train's reason."""


@dataclass(frozen=True)
class GroupResources:
    """What one worker group takes.

    Attributes:
        num_workers: Processes that train one trial together.
        cpus: CPUs each process reserves.
        gpus: GPUs each process reserves; fractions share a GPU.
    """

    num_workers: int = 1
    cpus: float = 1.0
    gpus: float = 0.0

    def scaling(self, mark: int) -> ray.train.ScalingConfig:
        """The same in Ray Train's words; each process reserves `mark` bytes of memory beside, for `release` to find."""
        per_worker = {"CPU": self.cpus, "memory": float(mark)}
        if self.gpus:
            per_worker["GPU"] = self.gpus
        return ray.train.ScalingConfig(
            num_workers=self.num_workers, use_gpu=self.gpus > 0, resources_per_worker=per_worker
        )

    @property
    def backend(self) -> str:
        """NCCL where every process has a whole GPU, as NCCL demands, and torch was built with it; gloo otherwise."""
        return "nccl" if self.gpus >= 1 and torch.distributed.is_nccl_available() else "gloo"


@dataclass(frozen=True)
class GroupSettings:
    """All that a group needs to start; plain enough to travel to a Tune actor.

    Attributes:
        name: Shown as the Ray Train run's name.
        switchboard: The experiment's switchboard.
        work: What the group's processes do with an order.
        resources: What it takes.
        storage: Folder for Ray Train's own files.
        max_trials: A group is replaced after so many orders, so that no leak can grow.
    """

    name: str
    switchboard: ray.actor.ActorHandle
    work: Work
    resources: GroupResources
    storage: Path
    max_trials: int = 200


class WorkerGroup:
    """Starts on the first order, then takes order after order; starts anew after a loss."""

    def __init__(self, settings: GroupSettings) -> None:
        self._settings = settings
        self._line = ""
        self._thread: threading.Thread | None = None
        self._error = ""
        self._num_orders = 0
        self._is_leaving = False
        self._pending: ray.ObjectRef | None = None

    @property
    def is_alive(self) -> bool:
        """Whether the group's Ray Train run goes on."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Starts the Ray Train run in the background; returns at once."""
        self._line = f"{self._settings.name} {uuid.uuid4().hex[:8]}"
        self._error, self._num_orders, self._is_leaving, self._pending = "", 0, False, None
        self._thread = threading.Thread(target=self._fit, args=(self._line,), name=self._line, daemon=True)
        self._thread.start()

    def submit(self, order: Order) -> None:
        """Hands `order` to the group, starting or replacing it first where needed."""
        if self._is_leaving or self._num_orders >= self._settings.max_trials or not self.is_alive:
            self.close()  # of one that died, what it left
        if self._thread is None:
            self.start()
        self._num_orders += 1
        ray.get(self._settings.switchboard.give.remote(self._line, order))

    def next_event(self) -> WorkerEvent:
        """Waits for the group's next word.

        Raises:
            WorkerGroupLostError: The group died and has nothing more to say.
        """
        while True:
            was_alive = self.is_alive
            if self._pending is None:
                self._pending = self._settings.switchboard.hear.remote(self._line)
            ready, _ = ray.wait([self._pending], timeout=POLL_SECONDS)
            if ready:
                event = ray.get(self._pending)
                self._pending = None
                assert isinstance(event, WorkerEvent)
                self._is_leaving = event.is_leaving
                return event
            if not was_alive:
                raise WorkerGroupLostError(self._error or "the worker group left without a word")

    def stop(self, number: int) -> None:
        """Makes the group give up order `number` at its next measurement; returns at once."""
        self._settings.switchboard.stop.remote(self._line, number)

    def close(self) -> None:
        """Asks the group to leave and waits for it, so that its resources are free when this returns.

        Where the switchboard is closed, which ended the group, it only waits: Ray must not be shut down under a thread
        that waits on it, or the process may die of it (2.60).
        """
        if self._thread is None:
            return
        with contextlib.suppress(ray.exceptions.RayActorError):
            ray.get(self._settings.switchboard.hang_up.remote(self._line))
        self._thread.join(CLOSE_SECONDS)
        if self._thread.is_alive():
            release(self._line)  # which ends it
        self._settings.switchboard.forget.remote(self._line)
        self._thread = None

    def _fit(self, line: str) -> None:
        settings = self._settings
        for name, value in TRAIN_SETTINGS.items():
            os.environ.setdefault(name, value)
        trainer = ray.train.torch.TorchTrainer(
            serve_orders,
            train_loop_config={"settings": WorkerSettings(settings.switchboard, line, settings.work)},
            scaling_config=settings.resources.scaling(mark_of(line)),
            torch_config=ray.train.torch.TorchConfig(backend=settings.resources.backend, timeout_s=COLLECTIVE_SECONDS),
            run_config=ray.train.RunConfig(
                name=line,
                storage_path=str(settings.storage),
                # Without the second, a group whose node is taken away is started again and waits for its order (2.60).
                failure_config=ray.train.FailureConfig(max_failures=0, max_preemption_failures=0),
            ),
        )
        with contextlib.suppress(SystemExit):
            try:
                trainer.fit()
            except Exception as error:
                if line == self._line:  # else another took its place, for it was slow to leave
                    self._error = str(error)
                release(line)

"""One Tune slot: a class trainable that keeps a worker group and feeds it trial after trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ray.tune

from gnas_ray.core import Ending, Failure, Measurement, Outcome
from gnas_ray.driver.switchboard import Order, WorkerEvent
from gnas_ray.driver.worker_group import GroupSettings, WorkerGroup, WorkerGroupLostError

METRIC_PREFIX = "metric/"


class TrialSlot(ray.tune.Trainable):  # type: ignore[misc]
    """Hands its trial to the group, then gives Tune one measurement a step.

    The group never waits for Tune: it trains on while a measurement is on its way to the scheduler, and gives a
    stopped trial up at its next epoch. With `reuse_actors`, Tune calls `reset_config` with the next trial, so the
    group outlives its trials.

    Config keys: `number`, `payload` and `until` (see `Order`).
    """

    @classmethod
    def default_resource_request(cls, config: dict[str, Any]) -> ray.tune.PlacementGroupFactory:
        """Next to nothing, for Tune can't place nothing (2.60): the worker group reserves what trains."""
        return ray.tune.PlacementGroupFactory([{"memory": 1}])

    def setup(self, config: dict[str, Any], settings: GroupSettings) -> None:
        """Starts the group with the first trial."""
        self._settings = settings
        self._group = WorkerGroup(settings)
        self._take(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Gives the present trial up, if it still runs, and takes the next one."""
        is_behind = not self._ended
        if is_behind:
            self._group.stop(self._number)
        self._take(new_config, is_behind=is_behind)
        return True

    def step(self) -> dict[str, Any]:
        """The trial's next measurement, or its outcome with ``done``.

        A trial whose group was lost goes on with a new one, from its checkpoint, once; lost again, or for the memory it
        took, that is its outcome. A group that was lost before it came to this trial does not count.
        """
        try:
            event = self._next_event()
        except WorkerGroupLostError as lost:
            return self._end(Outcome(Ending.FAILED, failure_of_lost_group(str(lost)), str(lost)))
        if isinstance(event.said, Measurement):
            return measurement_to_result(event.said)
        return self._end(event.said)

    def cleanup(self) -> None:
        """Lets the group go and waits until its resources are free."""
        if not self._ended:
            self._group.stop(self._number)
        self._group.close()

    def __repr__(self) -> str:
        """The name Ray's dashboard and logs show for this actor."""
        return f"TrialSlot({self._settings.name})"

    def _take(self, config: Mapping[str, Any], *, is_behind: bool = False) -> None:
        self._number: int = config["number"]
        self._order = Order(self._number, config["payload"], config["until"])
        self._is_behind = is_behind  # the group may still be at the last epoch of a trial that was given up
        self._is_second_try = False
        self._ended = False
        self._group.submit(self._order)

    def _next_event(self) -> WorkerEvent:
        while True:
            try:
                event = self._group.next_event()
            except WorkerGroupLostError as lost:
                if not self._is_behind:
                    if self._is_second_try or failure_of_lost_group(str(lost)) is Failure.OUT_OF_MEMORY:
                        raise
                    self._is_second_try = True
                self._is_behind = False
                self._group.submit(self._order)
                continue
            if event.number == self._number:
                self._is_behind = False
                return event
            if isinstance(event.said, Outcome):  # the last word of the trial that was given up
                self._is_behind = event.is_leaving

    def _end(self, outcome: Outcome) -> dict[str, Any]:
        self._ended = True
        return {"done": True, **{f"outcome/{key}": value for key, value in outcome.to_dict().items()}}


def failure_of_lost_group(text: str) -> Failure:
    """OUT_OF_MEMORY where Ray's memory monitor killed the process, else WORKER_LOST.

    Ray's text on any lost process names the kernel's OOM killer as one possible cause, which says nothing (2.60).
    """
    return Failure.OUT_OF_MEMORY if "running low on memory" in text else Failure.WORKER_LOST


def measurement_to_result(measurement: Measurement) -> dict[str, Any]:
    """A measurement in Tune's words, which are flat."""
    metrics = {f"{METRIC_PREFIX}{name}": value for name, value in measurement.metrics.items()}
    return {"fidelity": measurement.fidelity, **metrics}


def result_to_measurement(result: Mapping[str, Any]) -> Measurement:
    """The inverse of `measurement_to_result`; Tune's own keys are left out."""
    metrics = {k.removeprefix(METRIC_PREFIX): v for k, v in result.items() if k.startswith(METRIC_PREFIX)}
    return Measurement(result["fidelity"], metrics)


def result_to_outcome(result: Mapping[str, Any]) -> Outcome:
    """How the trial ended: its own last word, or STOPPED where the scheduler had it."""
    if "outcome/ending" not in result:
        return Outcome(Ending.STOPPED)
    return Outcome.from_dict({key.removeprefix("outcome/"): value for key, value in result.items()})


def slot_config(number: int, payload: Mapping[str, object], *, until: int | None) -> dict[str, Any]:
    """The config that `TrialSlot` reads."""
    return {"number": number, "payload": dict(payload), "until": until}


def slot_name(config: Mapping[str, Any]) -> str:
    """What Tune calls a trial, or the part of it up to where it pauses: ``trial-0007``, ``trial-0007-until-6``."""
    until = config["until"]
    return f"trial-{config['number']:04d}" + (f"-until-{until}" if until else "")

"""One process that trains members of the table, one after the other."""

from __future__ import annotations

import math
import multiprocessing
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from gnas_ray.core import Ending, Failure, Measurement, Outcome, TrialSpec
from gnas_ray.training import TrainingTask
from search_bench.recsys_members import Member, TrainedMember, has_trained_out

_DETAIL_LINES = 25


@dataclass(frozen=True)
class Limits:
    """When a training ends that has not failed.

    Attributes:
        patience: After so many epochs in which the objective was no better.
        max_seconds: After the epoch in which its CPU seconds become more than this.
    """

    patience: int
    max_seconds: float


class Trainee:
    """A process of its own with a pipe to it; whatever happens to it, `hear` has a word on its member.

    Args:
        task: What all members share; the objective is its first metric.
        limits: When to end a training.
    """

    def __init__(self, task: TrainingTask, limits: Limits) -> None:
        context = multiprocessing.get_context("spawn")
        self._metrics = task.metrics
        self.connection, far = context.Pipe()
        self.process = context.Process(target=_serve, args=(far, task.to_dict(), limits), daemon=True)
        self.process.start()
        far.close()  # so that its death is heard here
        self._member: Member | None = None

    def train(self, member: Member) -> None:
        """Give it a member to train."""
        self._member = member
        self.connection.send(member)

    def hear(self) -> tuple[TrainedMember, bool]:
        """The member it was given, trained, waiting for it; and whether the process can take another."""
        assert self._member is not None
        try:
            trained = self.connection.recv()
            assert isinstance(trained, TrainedMember)
            return trained, True
        except (EOFError, ConnectionResetError):
            self.process.join()
            lost = Outcome(Ending.FAILED, Failure.WORKER_LOST, f"exit code {self.process.exitcode}")
            return _Course(self._member, self._metrics).trained(lost), False


def train_all(
    next_member: Callable[[], Member | None], start: Callable[[], Trainee], *, jobs: int
) -> Iterator[TrainedMember]:
    """Trains what `next_member` gives, so many at once, and yields each when it ends.

    When it gives None it is asked again after the next one has ended; when none is left in training, that's all.
    """
    idle: list[Trainee] = []
    busy: dict[object, Trainee] = {}
    while True:
        while len(busy) < jobs and (member := next_member()) is not None:
            trainee = idle.pop() if idle else start()
            trainee.train(member)
            busy[trainee.connection] = trainee
        if not busy:
            return
        for connection in wait([trainee.connection for trainee in busy.values()]):
            trainee = busy.pop(connection)
            trained, is_alive = trainee.hear()
            if is_alive:
                idle.append(trainee)
            yield trained


def _serve(connection: Connection, task: dict[str, Any], limits: Limits) -> None:
    """Until the other end is closed, as it is when the main process ends, however it does."""
    import gnas_ray.training.trial  # noqa: F401 - loads torch before the first member's clock runs

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the main process's business
    with suppress(EOFError, BrokenPipeError):
        while True:
            connection.send(train_member(connection.recv(), TrainingTask.from_dict(task), limits))


def train_member(member: Member, task: TrainingTask, limits: Limits) -> TrainedMember:
    """`member` trained to its own end; an exception is a failed member."""
    course = _Course(member, task.metrics)
    try:
        outcome = _train(course, task, limits)
    except Exception as error:
        from gnas_ray.driver.worker import classify  # loads Ray, so not before it is needed

        lines = "".join(traceback.format_exception(error)).strip().splitlines()[-_DETAIL_LINES:]
        outcome = Outcome(Ending.FAILED, classify(error), "\n".join(lines))
    return course.trained(outcome)


class _Course:
    """What is known of a member while it trains."""

    def __init__(self, member: Member, metrics: tuple[str, ...]) -> None:
        self.member = member
        self.curves: dict[str, list[float]] = {metric: [] for metric in metrics}
        self.seconds: list[float] = []
        self._costs: Mapping[str, float] = {}
        self._started = time.process_time()

    @property
    def total_seconds(self) -> float:
        return time.process_time() - self._started

    def add(self, measurement: Measurement) -> None:
        for metric, curve in self.curves.items():
            curve.append(measurement.metrics[metric])
        self.seconds.append(self.total_seconds - sum(self.seconds))
        self._costs = measurement.metrics

    def trained(self, outcome: Outcome) -> TrainedMember:
        return TrainedMember(
            **vars(self.member),
            curves=self.curves,
            seconds=self.seconds,
            ending=outcome.ending,
            failure=outcome.failure.value if outcome.failure else "",
            detail=outcome.detail,
            seconds_to_end=self.total_seconds,
            num_parameters=self._costs.get("num_parameters"),
            peak_memory_bytes=self._costs.get("peak_memory_bytes"),
            latency_ms=self._costs.get("latency_ms"),
        )


def _train(course: _Course, task: TrainingTask, limits: Limits) -> Outcome:
    from gnas_ray.training import train

    member, objective = course.member, task.metrics[0]
    spec = TrialSpec(member.index, member.architecture, member.hyperparameters, member.seed)
    for measurement in train(spec, task):
        if not math.isfinite(value := measurement.metrics[objective]):
            return Outcome(Ending.FAILED, Failure.NAN, f"{objective} is {value}")
        course.add(measurement)
        if has_trained_out(course.curves[objective], limits.patience):
            return Outcome(Ending.FINISHED, detail=f"no better for {limits.patience} epochs")
        if course.total_seconds > limits.max_seconds and measurement.fidelity < task.max_epochs:
            return Outcome(Ending.STOPPED, detail=f"more than {limits.max_seconds:g} CPU seconds")
    return Outcome(Ending.FINISHED)

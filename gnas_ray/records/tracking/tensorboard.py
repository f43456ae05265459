"""A search in TensorBoard: a run for each trial, and one for the search."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from pathlib import Path

from tensorboardX import SummaryWriter
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.summary import hparams

from gnas_ray.core import Measurement, TrialSpec, Value
from gnas_ray.core.events import Event, SearchProgress, TrialEnded, TrialMeasured, TrialPaused, TrialStarted
from gnas_ray.records.tracking.progress import SEARCH, curves, num_ended

_FLUSH_SECONDS = 10


class TensorBoard:
    """A listener that writes event files, which TensorBoard shows while the search goes on.

    A trial's run has each metric by epoch, and once the trial has ended its choices, for the page HPARAMS. The search's
    has the incumbent's value, the policy's entropy and the trials in each state, by how many have ended. After a resume
    runs go on in further files.

    Args:
        folder: Of all runs: what ``tensorboard --logdir`` is given.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._search = _writer(folder / SEARCH)
        self._runs: dict[int, _Run] = {}

    def __call__(self, event: Event) -> None:
        """Writes what there is of the event to show."""
        match event:
            case TrialStarted(spec):
                self._runs[spec.number] = _Run(self._folder, spec)
            case TrialMeasured(number, measurement) if number in self._runs:
                self._runs[number].measure(measurement)
            case TrialPaused(number) if number in self._runs:
                self._runs[number].close()  # and is kept, for it may end without going on
            case TrialEnded(spec, outcome) if spec.number in self._runs or event.epochs:
                # One that had measured before a resume may end without going on.
                run = self._runs.pop(spec.number, None) or _Run(self._folder, spec)
                run.end(outcome.ending.value)
            case SearchProgress():
                _add(self._search, curves(event), num_ended(event))

    def close(self) -> None:
        """Writes out what is not yet."""
        for run in self._runs.values():
            run.close()
        self._search.close()


class _Run:
    """One trial's."""

    def __init__(self, folder: Path, spec: TrialSpec) -> None:
        self._spec = spec
        self._folder = folder / spec.name
        self._writer = _writer(self._folder)

    def measure(self, measurement: Measurement) -> None:
        _add(self._writer, measurement.metrics, measurement.fidelity)

    def end(self, ending: str) -> None:
        if self._writer.file_writer is None:  # closed as it paused
            self._writer = _writer(self._folder)
        choices: dict[str, Value] = {**self._spec.member, "seed": str(self._spec.seed), "ending": ending}
        _, *session = hparams(choices, {})  # the first would make one trial's choices the columns of all
        for summary in session:
            self._writer.file_writer.add_summary(summary)
        self.close()

    def close(self) -> None:
        self._writer.close()


def _writer(folder: Path) -> SummaryWriter:
    # Files are named by whole seconds: without a suffix, one that goes on at once would cut off the one before (2.6.5).
    return SummaryWriter(str(folder), flush_secs=_FLUSH_SECONDS, filename_suffix=f".{time.time_ns()}")


def _add(writer: SummaryWriter, numbers: Mapping[str, float], step: int) -> None:
    for name, number in numbers.items():
        if math.isfinite(number):  # `add_scalar` would write ndcg_20 for ndcg@20, which HPARAMS does not look for
            summary = Summary(value=[Summary.Value(tag=name, simple_value=float(number))])
            writer.file_writer.add_summary(summary, step)

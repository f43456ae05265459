"""A search in Weights & Biases: a run for each trial, and one for the search, in one group."""

from __future__ import annotations

import math
import os
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from gnas_ray.core import Ending, GnasRayError
from gnas_ray.core.events import (
    Event,
    Listener,
    PhaseStarted,
    SearchProgress,
    TrialEnded,
    TrialMeasured,
    TrialPaused,
    TrialStarted,
)
from gnas_ray.core.files import write_whole
from gnas_ray.records.tracking.progress import SEARCH, curves, num_ended

if TYPE_CHECKING:
    import wandb

PROJECT = "gnas_ray"
"""Where runs go without ``WANDB_PROJECT``."""
IDS = "ids.txt"
"""A file with what the ids of all runs begin with, so that they go on after a resume."""


class WeightsAndBiases:
    """A listener that shows each trial as a run while the search goes on.

    A run has the trial's choices as its config, each metric by epoch, and how it ended in its summary. Where runs go,
    and whether at once, W&B's own variables say: ``WANDB_PROJECT``, ``WANDB_ENTITY``, ``WANDB_MODE=offline``. Its
    server is waited for on a thread, not by the search; a failure there ends the showing, not the search.

    Args:
        experiment: The group's name.
        folder: For W&B's files.
        tell: Hears of such a failure.

    Raises:
        GnasRayError: The package is missing, or W&B refuses the first run.
    """

    def __init__(self, experiment: str, folder: Path, *, tell: Listener) -> None:
        self._experiment = experiment
        self._folder = folder
        self._tell = tell
        self._ids = _kept_ids(folder / IDS)
        self._runs: dict[int, wandb.Run] = {}
        self._error: Exception | None = None
        self._is_told = False
        # A run's own `silent` leaves out what W&B says of its session, and its question for a key: both would go into
        # the table of progress.
        os.environ.setdefault("WANDB_SILENT", "true")
        try:
            self._search = self._open(SEARCH, {})
        except ImportError as error:
            raise GnasRayError("tracking: wandb is not installed; `pip install wandb` gets it") from error
        except Exception as error:  # W&B's errors have no common base, and some are of what it is made of
            raise GnasRayError(f"tracking: wandb can't begin: {error}") from error
        self._events: SimpleQueue[Event | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="wandb", daemon=True)
        self._thread.start()

    def __call__(self, event: Event) -> None:
        """Has the thread show it."""
        if self._error is None:
            self._events.put(event)
        self._tell_why()

    def close(self) -> None:
        """Waits until all is shown, and ends the runs."""
        self._events.put(None)
        self._thread.join()
        self._tell_why()

    def _tell_why(self) -> None:
        if self._error is not None and not self._is_told:
            self._is_told = True
            self._tell(PhaseStarted("showing nothing more in wandb", str(self._error)))

    def _work(self) -> None:
        try:
            while (event := self._events.get()) is not None:
                self._show(event)
        except Exception as error:  # as above
            self._error = error
        for run in (*self._runs.values(), self._search):
            try:
                run.finish()
            except Exception as error:  # as above
                self._error = self._error or error

    def _show(self, event: Event) -> None:
        match event:
            case TrialStarted(spec, origin):
                member = {name.replace(".", "/"): value for name, value in spec.member.items()}  # W&B wants no periods
                config = {**member, "seed": str(spec.seed), "origin": origin}
                self._runs[spec.number] = self._open(spec.name, config)
            case TrialMeasured(number, measurement) if number in self._runs:
                finite = {name: value for name, value in measurement.metrics.items() if math.isfinite(value)}
                self._runs[number].log(finite, step=measurement.fidelity)
            case TrialPaused(number) if number in self._runs:
                run = self._runs.pop(number)
                run.summary["ending"] = "paused"  # it may end without going on
                run.finish()
            case TrialEnded(spec, outcome) if spec.number in self._runs:
                run = self._runs.pop(spec.number)
                run.summary["ending"] = outcome.ending.value
                run.finish(exit_code=int(outcome.ending is Ending.FAILED))
            case SearchProgress():
                self._search.log(curves(event), step=num_ended(event))

    def _open(self, name: str, config: Mapping[str, object]) -> wandb.Run:
        import wandb

        return wandb.init(
            project=os.environ.get("WANDB_PROJECT", PROJECT),
            group=self._experiment,
            name=name,
            id=f"{self._ids}-{name}",
            config=dict(config),
            dir=str(self._folder.absolute()),
            reinit="create_new",
            resume="allow",
            settings=wandb.Settings(silent=True, console="off", x_disable_stats=True),
        )


def _kept_ids(file: Path) -> str:
    """What is in the file, or else is written to it."""
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, uuid.uuid4().hex[:12])
    return file.read_text(encoding="utf-8").strip()

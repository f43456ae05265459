"""One Ray Tune run over a search session."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from types import FrameType

import ray
import ray.tune

from gnas_ray.core import GnasRayError
from gnas_ray.core.events import Listener
from gnas_ray.driver.cluster import Placement
from gnas_ray.driver.endings import end_what_is_left
from gnas_ray.driver.switchboard import open_switchboard
from gnas_ray.driver.trial_slot import TrialSlot, slot_name
from gnas_ray.driver.tune_adapter import Fault, PayloadOf, SearchStopper, SessionScheduler, SessionSearcher
from gnas_ray.driver.waiting import PATIENCE, PlaceWatch
from gnas_ray.driver.worker import Work
from gnas_ray.driver.worker_group import GroupSettings
from gnas_ray.records.folder import ExperimentFolder
from gnas_ray.search import SearchSession


class SearchInterruptedError(GnasRayError):
    """Something ended the search before its end; its text says what, and has the command that resumes."""


@dataclass(frozen=True)
class TuneRun:
    """What one Tune run needs besides the session.

    Attributes:
        name: The experiment's name, shown in the Ray dashboard.
        folder: The experiment's folder.
        placement: What each trial takes and how many run at once.
        work: What a worker group does with a trial.
        payload_of: What `work` needs of a trial, in plain values.
    """

    name: str
    folder: Path
    placement: Placement
    work: Work
    payload_of: PayloadOf

    def run(self, session: SearchSession, listener: Listener) -> None:
        """Runs trials until the session has none left, its time is spent, or Ctrl-C.

        Raises:
            SearchInterruptedError: Ctrl-C, an error of ours, one trial after the other that failed before it measured
                anything, or Tune ended by itself; unfinished trials stay open in the ledger.
        """
        fault = Fault()
        searcher = SessionSearcher(session, payload_of=self.payload_of, listener=listener, fault=fault)
        scheduler = SessionScheduler(session, listener=listener, fault=fault)
        with open_switchboard(self.name) as switchboard:
            watch = PlaceWatch(lambda: ray.get(switchboard.num_unmanned.remote(PATIENCE)), listener)
            stopper = SearchStopper(session, fault=fault, watch=watch)
            group = GroupSettings(
                self.name, switchboard, self.work, self.placement.group, ExperimentFolder(self.folder).ray
            )
            slot = ray.tune.with_parameters(TrialSlot, settings=group)
            slot.__name__ = slot.__qualname__ = TrialSlot.__name__  # what the dashboard shows
            with _sigint_sets(stopper):
                self._tuner(slot, searcher, scheduler, stopper).fit()
        if stopper.interrupted:
            raise self._interrupted("interrupted")
        if fault.error is not None:
            raise self._interrupted(fault.describe()) from fault.error
        end_what_is_left(session, listener)
        if session.is_failing:
            raise self._interrupted(session.describe_failing())
        if session.running():
            raise self._interrupted("Ray Tune ended before the search did")

    def _interrupted(self, why: str) -> SearchInterruptedError:
        return SearchInterruptedError(f"{why}; to go on:\n  gnas-ray resume {quote(str(self.folder))}")

    def _tuner(
        self, slot: type[TrialSlot], searcher: SessionSearcher, scheduler: SessionScheduler, stopper: SearchStopper
    ) -> ray.tune.Tuner:
        return ray.tune.Tuner(
            slot,
            tune_config=ray.tune.TuneConfig(
                search_alg=searcher,
                scheduler=scheduler,
                num_samples=-1,
                max_concurrent_trials=self.placement.concurrent_trials,
                reuse_actors=True,
                trial_name_creator=lambda trial: slot_name(trial.config),
                trial_dirname_creator=lambda trial: slot_name(trial.config),
            ),
            run_config=ray.tune.RunConfig(
                name="tune",
                storage_path=str(ExperimentFolder(self.folder).ray.resolve()),
                stop=stopper,
                checkpoint_config=ray.tune.CheckpointConfig(checkpoint_at_end=False),  # trials keep their own
                verbose=0,
            ),
        )


@contextmanager
def _sigint_sets(stopper: SearchStopper) -> Iterator[None]:
    """The first Ctrl-C ends the search in order, the second at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def interrupt(signum: int, frame: FrameType | None) -> None:
        stopper.interrupted = True
        signal.signal(signal.SIGINT, before)
        logging.getLogger("gnas_ray").warning("stopping; press Ctrl-C again to stop at once")

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)

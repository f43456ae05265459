"""Tune's calls translated to the search session's, and nothing else."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import ray.tune
from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler
from ray.tune.search import Searcher

from gnas_ray.core import Ending, Failure, GnasRayError, Outcome, TrialSpec
from gnas_ray.core.events import Listener, TrialMeasured, TrialStarted
from gnas_ray.driver.endings import end_trial, tell_of_infeasible
from gnas_ray.driver.trial_slot import result_to_measurement, result_to_outcome, slot_config
from gnas_ray.driver.waiting import PlaceWatch
from gnas_ray.search import SearchSession

PayloadOf = Callable[[TrialSpec], Mapping[str, object]]


class _Forgotten:
    """Left out of the state that Tune saves: the ledger is the durable record."""

    def __getstate__(self) -> dict[str, object]:
        return {}


class Fault:
    """The first error of our own in a call of Tune's, which Tune would take for the trial's (2.60).

    After it nothing is told any more, so that the ledger says nothing false: what ran stays open, for a resume.

    Attributes:
        error: None while there is none.
    """

    def __init__(self) -> None:
        self.error: Exception | None = None

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keeps what is raised inside."""
        try:
            yield
        except Exception as error:
            self.error = self.error or error

    def describe(self) -> str:
        """What it was: in a line what the machine did to us, whole what can only be a mistake of ours."""
        if self.error is None or isinstance(self.error, OSError | GnasRayError):
            return f"{type(self.error).__name__}: {self.error}"
        return "".join(traceback.format_exception(self.error))


class SessionSearcher(_Forgotten, Searcher):  # type: ignore[misc]
    """Asks the session for Tune's next trial; says FINISHED once the session has none and will have none."""

    def __init__(self, session: SearchSession, *, payload_of: PayloadOf, listener: Listener, fault: Fault) -> None:
        super().__init__()
        self._session = session
        self._payload_of = payload_of
        self._listener = listener
        self._fault = fault

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """The next trial as `TrialSlot`'s config; None while one that is paused may yet be promoted."""
        with self._fault.kept():
            if self._fault.error is None:
                return self._next()
        return str(Searcher.FINISHED)

    def _next(self) -> dict[str, Any] | str | None:
        # A limit may be tighter than when a trial began that is handed out again after a resume.
        running, num_known = self._session.running(), self._session.ledger.num_trials
        spec = self._session.ask()
        new = range(num_known, self._session.ledger.num_trials)
        tell_of_infeasible(self._session, (*running, *new), self._listener)
        if spec is None:
            return None if self._session.may_promote else str(Searcher.FINISHED)
        record = self._session.ledger.trial(spec.number)
        best = record.value(self._session.ledger.objectives)
        self._listener(TrialStarted(spec, record.proposal.origin, resumed_from=record.fidelity, best=best))
        return slot_config(spec.number, self._payload_of(spec), until=self._session.until(spec.number))

    def on_trial_complete(self, trial_id: str, result: Mapping[str, Any] | None = None, error: bool = False) -> None:
        """The scheduler tells the session: it alone hears the result that stops a trial."""

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the ledger is the durable record."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: the session was rebuilt from the ledger."""


class SessionScheduler(_Forgotten, FIFOScheduler):  # type: ignore[misc]
    """Passes what Tune hears to the session and its verdict back."""

    def __init__(self, session: SearchSession, *, listener: Listener, fault: Fault) -> None:
        super().__init__()
        self._session = session
        self._listener = listener
        self._fault = fault

    def on_trial_result(self, tune_controller: object, trial: Trial, result: Mapping[str, Any]) -> str:
        """One measurement; STOP when the session says so."""
        with self._fault.kept():
            if self._fault.error is None:
                return self._hear(trial, result)
        return str(self.CONTINUE)

    def _hear(self, trial: Trial, result: Mapping[str, Any]) -> str:
        number: int = trial.config["number"]
        measurement = result_to_measurement(result)
        # A resumed trial repeats what it measured before.
        is_news = measurement.fidelity > self._session.ledger.trial(number).fidelity
        go_on = self._session.observe(number, measurement)
        if is_news:
            best = self._session.ledger.trial(number).value(self._session.ledger.objectives)
            self._listener(TrialMeasured(number, measurement, best))
            self._listener(self._session.progress())
        return str(self.CONTINUE if go_on else self.STOP)

    def on_trial_complete(self, tune_controller: object, trial: Trial, result: Mapping[str, Any]) -> None:
        """The trial's own last word (that it is where it pauses, maybe), or STOPPED by the session."""
        self._tell(trial, result_to_outcome(result))
        # Statistics of each metric that nobody asks for: 50 kB a trial, kept until all have ended (2.60).
        trial.run_metadata.metric_analysis.clear()
        trial.run_metadata.metric_n_steps.clear()

    def on_trial_error(self, tune_controller: object, trial: Trial) -> None:
        """The slot's actor itself was lost."""
        error = trial.get_error()
        self._tell(trial, Outcome(Ending.FAILED, Failure.WORKER_LOST, str(error or "the slot's actor was lost")))

    def on_trial_remove(self, tune_controller: object, trial: Trial) -> None:
        """A trial that never started stays open in the ledger, for a resume to run."""

    def _tell(self, trial: Trial, outcome: Outcome) -> None:
        with self._fault.kept():
            if self._fault.error is None:
                end_trial(self._session, trial.config["number"], outcome, self._listener)


class SearchStopper(_Forgotten, ray.tune.Stopper):  # type: ignore[misc]
    """Ends the whole search at Ctrl-C, at a fault, when its time is spent or all fail; checked between Tune's steps.

    Tune tells nobody of the trials it cuts off so (2.60).
    """

    def __init__(self, session: SearchSession, *, fault: Fault, watch: PlaceWatch) -> None:
        self._session = session
        self._fault = fault
        self._watch = watch
        self.interrupted = False

    def __call__(self, trial_id: str, result: Mapping[str, Any]) -> bool:
        """Never: single trials are the session's to stop."""
        return False

    def stop_all(self) -> bool:
        """Whether the search is over before its trials are."""
        session = self._session
        with self._fault.kept():
            self._watch.look()  # Tune asks often, whether anything happens or not
        return self.interrupted or self._fault.error is not None or session.is_out_of_time or session.is_failing

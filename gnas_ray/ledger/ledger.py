"""The ledger: every trial, as it happens."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import TracebackType

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import RandomSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from gnas_ray.core import Ending, Measurement, Objectives, Outcome, Problem, Proposal, TrialSpec, UsageError, Value
from gnas_ray.ledger.codec import (
    OPENED,
    OUTCOME,
    SET_ASIDE,
    Stamp,
    decode,
    encode_beginning,
    encode_measurement,
    encode_moment,
    encode_outcome,
    measurement_key,
    pause_key,
    promotion_key,
    sittings,
)
from gnas_ray.ledger.distributions import distributions_of
from gnas_ray.ledger.records import Began, Ended, LedgerEvent, Measured, Paused, Promoted, TrialRecord
from gnas_ray.ledger.storage import OpenStorage, open_for_reading, open_for_writing
from gnas_ray.space import SearchSpace

_OBJECTIVE, _OBJECTIVES, _SPACE = "objective", "objectives", "space"
_CONSTRAINTS = "constraints"
"""The trial's attribute in which Optuna's own samplers leave violations, for `best_trials` and its plots (5.0)."""
_STATES = {
    Ending.FINISHED: TrialState.COMPLETE,
    Ending.STOPPED: TrialState.PRUNED,
    Ending.FAILED: TrialState.FAIL,
    Ending.INFEASIBLE: TrialState.FAIL,
}


class Ledger:
    """Every proposal, measurement and outcome of one experiment, in an Optuna study. Single writer.

    Each call of `begin`, `measure`, `pause`, `promote` and `end` is on disk when it returns. A writer that was killed
    between two writes of one call left the call's attribute, which holds all of it; opening for writing completes the
    rest.

    Attributes:
        study: The Optuna study, for samplers and plots; write through this class only.
        space: What its parameters mean.
        objectives: What the study's values are: those of a trial's best measurement. With several the study has a
            direction for each, and with constraints its trials the attribute that Optuna's own samplers and plots read.
        clock: Seconds, for time stamps.
        seconds_before: How long earlier writers worked, each from opening it to its last word; not the time between.
        set_aside: Numbers of trials that say nothing of their members: something else made all fail, or a limit that
            was raised since kept them from being trained.
    """

    def __init__(
        self,
        opened: OpenStorage,
        study: optuna.Study,
        *,
        space: SearchSpace,
        clock: Callable[[], float],
    ):
        self._opened = opened
        self._study_id = opened.storage.get_study_id_from_name(study.study_name)
        self.study = study
        self.space = space
        self.clock = clock
        self.objectives = _objectives_of(study)
        self.distributions: Mapping[str, BaseDistribution] = distributions_of(space)
        self.seconds_before = 0.0
        self._records: list[TrialRecord] = []
        self._events: list[LedgerEvent] = []
        self.set_aside: frozenset[int] = frozenset()
        self.refresh()

    @classmethod
    def open(
        cls,
        place: Path | str | None,
        *,
        space: SearchSpace,
        name: str,
        objectives: Objectives,
        clock: Callable[[], float] = time.time,
    ) -> Ledger:
        """Opens the experiment `name` for writing, new or to go on with.

        Args:
            place: A file, a database's URL, or None to keep it in memory.
            space: Must be the one it was begun with.
            name: The study's name.
            objectives: Of metrics that every measurement has.
            clock: Seconds, for time stamps; a simulation gives its own.

        Raises:
            LedgerInUseError: Another process writes it.
            UsageError: It belongs to another space or other objectives.
        """
        opened = open_for_writing(place)
        try:
            study = optuna.create_study(
                storage=opened.storage,
                sampler=RandomSampler(seed=0),  # never asked: hyperparameters come from our searchers
                study_name=name,
                directions=_directions(objectives),
                load_if_exists=True,
            )
            _claim(study, objectives, space, source=str(place))
            ledger = cls(opened, study, space=space, clock=clock)
            ledger._complete_interrupted_writes()
            ledger._note_opening()
        except BaseException:
            opened.release()
            raise
        return ledger

    @classmethod
    def read(cls, place: Path | str, *, space: SearchSpace, name: str) -> Ledger:
        """Opens it for reading, also while a search writes it: its state as of now, until `refresh`.

        Raises:
            UsageError: There is no such file, no such experiment in it, or it belongs to another space.
        """
        opened = open_for_reading(place)
        try:
            study = optuna.load_study(storage=opened.storage, study_name=name)
        except KeyError:
            raise UsageError(str(place), [Problem("", f"no experiment {name!r} in this ledger")]) from None
        if _SPACE not in study.user_attrs:  # its writer is about to mark it, or was killed before
            raise UsageError(str(place), [Problem("", "nothing is in this ledger yet")])
        if study.user_attrs[_SPACE] != _fingerprint(space):
            raise UsageError(str(place), [Problem("", "the ledger was written for another search space")])
        return cls(opened, study, space=space, clock=time.time)

    def refresh(self) -> None:
        """Reads everything again, for what another process wrote."""
        stored = [decode(trial, self.space) for trial in self.study.get_trials(deepcopy=False)]
        self._records = [trial.record for trial in stored]
        history = sorted((pair for trial in stored for pair in trial.history), key=lambda pair: pair[0])
        self._events = [event for _, event in history]
        self.set_aside = frozenset(self.study.user_attrs.get(SET_ASIDE, []))

    @property
    def objective(self) -> str:
        """The first objective's metric."""
        return self.objectives.metric

    @property
    def seconds_worked(self) -> float:
        """How long all writers together have worked, each from opening it to its last word; not the time between."""
        return sum(end - start for start, end in self._sittings)

    @property
    def num_trials(self) -> int:
        """Trials begun, whatever became of them; also the next trial's number."""
        return len(self._records)

    def trial(self, number: int) -> TrialRecord:
        """The record of one trial."""
        return self._records[number]

    def trials(self) -> tuple[TrialRecord, ...]:
        """All records, by number."""
        return tuple(self._records)

    def trials_at_work(self) -> tuple[TrialRecord, ...]:
        """All records, by number, with times of a clock that stood still when nobody wrote: it goes as `seconds_worked`
        does, and showed the time when the first writer opened the ledger.
        """
        breaks = [(end, start) for (_, end), (start, _) in pairwise(self._sittings)]

        def clock(time: float) -> float:
            return time - sum(until - since for since, until in breaks if time >= until)

        return tuple(record.at(clock) for record in self._records) if breaks else self.trials()

    def events(self) -> tuple[LedgerEvent, ...]:
        """Everything that happened, in the order in which it was written."""
        return tuple(self._events)

    def begin(self, proposal: Proposal, hyperparameters: Mapping[str, Value], seed: int) -> TrialSpec:
        """Records a new running trial.

        Raises:
            ValueError: A value is outside its distribution.
        """
        spec = TrialSpec(self.num_trials, proposal.architecture, hyperparameters, seed)
        stamp = self._stamp()
        params = {**proposal.architecture, **hyperparameters}
        trial = optuna.create_trial(
            state=TrialState.RUNNING,
            params=params,
            distributions={name: self.distributions[name] for name in params},
            user_attrs=encode_beginning(proposal, seed, stamp),
        )
        self.study.add_trial(trial)  # one write, whole or absent; `ask` would take one for each parameter
        self._records.append(TrialRecord(spec, proposal, stamp.time))
        self._events.append(Began(spec, proposal))
        return spec

    def measure(self, number: int, measurement: Measurement) -> None:
        """Records what a running trial reported.

        Raises:
            ValueError: It does not run, has measured this fidelity, or an objective or constraint's metric is missing.
        """
        record = self._require_running(number)
        if measurement.fidelity <= record.fidelity:
            raise ValueError(f"{record.spec.name} has measured fidelity {measurement.fidelity} already")
        if missing := [name for name in self.objectives.names if name not in measurement.metrics]:
            raise ValueError(f"{record.spec.name} did not measure {', '.join(map(repr, missing))}")
        stamp = self._stamp()
        self._write(number, measurement_key(measurement.fidelity), encode_measurement(measurement, stamp))
        self._report(number, measurement)
        self._records[number] = replace(
            record,
            measurements=(*record.measurements, measurement),
            measured_at=(*record.measured_at, stamp.time),
        )
        self._events.append(Measured(number, measurement))

    def pause(self, number: int) -> None:
        """Records that a running trial waits at a rung, for others to come there; Optuna still sees it running.

        Raises:
            ValueError: It does not run.
        """
        record = self._require_running(number)
        stamp = self._stamp()
        self._write(number, pause_key(record.fidelity), encode_moment(stamp))
        self._records[number] = record.paused(stamp.time)
        self._events.append(Paused(number))

    def promote(self, number: int) -> None:
        """Records that a paused trial goes on.

        Raises:
            ValueError: It is not paused.
        """
        record = self._records[number]
        if not record.is_waiting:
            raise ValueError(f"{record.spec.name} is {record.state}, not paused")
        stamp = self._stamp()
        self._write(number, promotion_key(record.fidelity), encode_moment(stamp))
        self._records[number] = record.after_pause(stamp.time)
        self._events.append(Promoted(number))

    def end(self, number: int, outcome: Outcome, reward: float | None) -> None:
        """Records how a running or paused trial ended: COMPLETE, PRUNED or FAIL in Optuna's words.

        Raises:
            ValueError: It has ended already, or finished without a value of the objective.
        """
        record = self._require_open(number)
        if outcome.ending is Ending.FINISHED and self.objectives.best(record.measurements) is None:
            raise ValueError(f"{record.spec.name} can't have finished: its objective was never measured")
        stamp = self._stamp()
        self._write(number, OUTCOME, encode_outcome(outcome, reward, stamp))
        record = record.after_pause(stamp.time)
        self._records[number] = replace(record, outcome=outcome, reward=reward, ended=stamp.time)
        self._tell(number)
        self._events.append(Ended(number, outcome))

    def put_aside(self, numbers: Iterable[int]) -> None:
        """Adds to what is `set_aside`."""
        self.study.set_user_attr(SET_ASIDE, sorted({*self.set_aside, *numbers}))
        self.set_aside = frozenset(self.study.user_attrs[SET_ASIDE])

    def close(self) -> None:
        """Lets another process write. Harmless when repeated."""
        self._opened.release()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _stamp(self) -> Stamp:
        return Stamp(len(self._events), self.clock())

    @property
    def _sittings(self) -> list[tuple[float, float]]:
        return sittings(self._openings, [time for record in self._records for time in record.times])

    @property
    def _openings(self) -> list[float]:
        opened: list[float] = self.study.user_attrs.get(OPENED, [])
        return opened

    def _require_running(self, number: int) -> TrialRecord:
        record = self._require_open(number)
        if record.is_waiting:
            raise ValueError(f"{record.spec.name} is paused")
        return record

    def _require_open(self, number: int) -> TrialRecord:
        record = self._records[number]
        if record.outcome is not None:
            raise ValueError(f"{record.spec.name} has {record.state} already")
        return record

    def _trial_id(self, number: int) -> int:
        return self._opened.storage.get_trial_id_from_study_id_trial_number(self._study_id, number)

    def _write(self, number: int, name: str, value: Mapping[str, object]) -> None:
        self._opened.storage.set_trial_user_attr(self._trial_id(number), name, value)

    def _report(self, number: int, measurement: Measurement) -> None:
        value = float(measurement.metrics[self.objective])
        self._opened.storage.set_trial_intermediate_value(self._trial_id(number), measurement.fidelity, value)

    def _tell(self, number: int) -> None:
        record = self._records[number]
        if record.outcome is None:
            return
        best = self.objectives.best(record.measurements)
        if best is not None and self.objectives.constraints:
            violations = [c.violation(best.metrics[c.metric]) for c in self.objectives.constraints]
            self._opened.storage.set_trial_system_attr(self._trial_id(number), _CONSTRAINTS, violations)
        is_finished = best is not None and record.outcome.ending is Ending.FINISHED
        values = [best.metrics[name] for name in self.objectives.compared] if best and is_finished else None
        self.study.tell(number, values, state=_STATES[record.outcome.ending])

    def _complete_interrupted_writes(self) -> None:
        for trial in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            self._complete(trial)

    def _note_opening(self) -> None:
        self.seconds_before = self.seconds_worked
        self.study.set_user_attr(OPENED, [*self._openings, self.clock()])

    def _complete(self, trial: FrozenTrial) -> None:
        for measurement in self._records[trial.number].measurements:
            if measurement.fidelity not in trial.intermediate_values:
                self._report(trial.number, measurement)
        self._tell(trial.number)


def _claim(study: optuna.Study, objectives: Objectives, space: SearchSpace, *, source: str) -> None:
    """Marks a new study with what it is for, or refuses one that was marked otherwise."""
    fingerprint = _fingerprint(space)
    problems = []
    if _OBJECTIVE in study.user_attrs and _objectives_of(study) != objectives:
        written = ", ".join(_objectives_of(study).to_list())
        problems.append(Problem("", f"the ledger was written for another objective, {written!r}"))
    if study.user_attrs.get(_SPACE, fingerprint) != fingerprint:
        problems.append(Problem("", "the ledger was written for another space"))
    if problems:
        raise UsageError(source, problems)
    for name, value in ((_OBJECTIVE, objectives.metric), (_OBJECTIVES, objectives.to_list()), (_SPACE, fingerprint)):
        if name not in study.user_attrs:
            study.set_user_attr(name, value)


def _objectives_of(study: optuna.Study) -> Objectives:
    """What the study is marked with; ledgers of earlier versions have one metric only."""
    written: list[str] | None = study.user_attrs.get(_OBJECTIVES)
    return Objectives.from_list(written) if written else Objectives(study.user_attrs[_OBJECTIVE])


def _directions(objectives: Objectives) -> list[StudyDirection]:
    is_minimised = [name in objectives.minimise for name in objectives.compared]
    return [StudyDirection.MINIMIZE if small else StudyDirection.MAXIMIZE for small in is_minimised]


def _fingerprint(space: SearchSpace) -> str:
    """The same exactly for equal spaces."""
    text = repr((space.decisions, space.hyperparameters))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

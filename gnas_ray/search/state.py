"""What a search knows: the fold of its ledger's events, live or replayed."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from gnas_ray.controllers import Controller
from gnas_ray.controllers.feasibility import Feasibility
from gnas_ray.core import Ending, Failure, Objectives, Outcome, RungLadder, TrialSpec, Value
from gnas_ray.ledger import Began, Ended, Ledger, LedgerEvent, Measured, Paused, Promoted, number_of
from gnas_ray.rewards import Reward
from gnas_ray.search.halving import SuccessiveHalving
from gnas_ray.search.history import History
from gnas_ray.surrogates import Array, Hindrance
from gnas_ray.surrogates.comparison import Climb


class Rated(NamedTuple):
    """A trial that can be compared, ended or not.

    `epoch_seconds` is the median up to the first rung, NaN where they were not measured.
    """

    spec: TrialSpec
    epoch_seconds: float


class SearchState:
    """Rungs, peers and the controller, changed by `apply` and by nothing else.

    So a search that replays its ledger is where it was, and where it would be had it never been interrupted.

    Attributes:
        controller: Accepts what begins, and learns from each full rollout of what ended or reached its first rung. What
            a trial reaches later is in its reward from then on.
        halving: Where every trial stands.
        feasibility: What failures and broken limits teach about whole members; a lost worker says nothing.
        num_infeasible: Trials that were not trained because they would have broken a limit.
        num_infeasible_in_a_row: The last row of them: how many trials without one between that was trained.
        failing: Trials in a row whose program or worker failed, without a measurement of any trial between.

    What the ledger has set aside is as if it had never been.
    """

    def __init__(self, ledger: Ledger, *, controller: Controller, reward: Reward, rungs: RungLadder) -> None:
        self.controller = controller
        self.halving = SuccessiveHalving(rungs, is_plain=ledger.objectives.is_plain)
        self.feasibility = Feasibility(ledger.space)
        self.num_infeasible = 0
        self.num_infeasible_in_a_row = 0
        self.failing: list[int] = []
        self._last_infeasible = -1
        self._tried: set[str] = set()
        self._ledger = ledger
        self._outcomes: dict[int, Outcome] = {}
        self._rated: dict[int, Rated] = {}
        self._excess: dict[int, float] = {}  # over limits, of all that were checked
        self._failed: dict[int, float] = {}  # 1 or 0, of all that ended
        self._judged: dict[int, None] = {}
        self._history = History(self.halving, reward)

    def apply(self, event: LedgerEvent) -> bool:
        """Takes in one event that the ledger holds; whether the controller learned from it."""
        if self._ledger.set_aside and number_of(event) in self._ledger.set_aside:
            return False
        note_failing(self.failing, event)
        match event:
            case Began(spec, proposal):
                self._tried.update(map(member_key, self.controller.space.isomorphs(spec.member)))
                self._excess[spec.number] = 0.0
                self.controller.accept(proposal)
            case Measured(number, measurement):
                merit = self.objectives.merit(measurement.metrics)
                has_ended, climbed = self._ledger.trial(number).outcome is not None, self.halving.num_climbed(number)
                self.halving.record(number, measurement.fidelity, merit, has_ended=has_ended)
                if self.halving.num_climbed(number) > climbed:
                    return self._judge(number)
            case Paused(number):
                self.halving.pause(number)
            case Promoted(number):
                self.halving.leave(number)
            case Ended(number, outcome):
                if outcome.ending is Ending.INFEASIBLE:
                    self._count_infeasible(number)
                    self._excess[number] = outcome.violation
                if outcome.failure is not Failure.WORKER_LOST:
                    self.feasibility.record(self._ledger.trial(number).spec.member, failed=outcome.is_in_vain)
                    if outcome.ending is not Ending.INFEASIBLE:
                        self._failed[number] = float(outcome.failure is not None)
                self._outcomes[number] = outcome
                self.halving.leave(number)
                return self._judge(number)
        return False

    def _judge(self, number: int) -> bool:
        """Notes what is known of a trial now; whether the controller learned from it.

        It hears of each trial once, and once more of one that fails after it had reached a rung.
        """
        is_known, rated = number in self._rated, self._rated_as(number)
        outcome = self._outcomes.get(number)
        if rated is not None or (outcome and outcome.is_in_vain and outcome.failure is not Failure.WORKER_LOST):
            self._judged[number] = None
        if rated is not None:
            self._rated[number] = rated
            return not is_known and self._learn(number)
        self._rated.pop(number, None)
        return self._learn(number)

    def _count_infeasible(self, number: int) -> None:
        self.num_infeasible += 1
        is_next = number == self._last_infeasible + 1
        self.num_infeasible_in_a_row = self.num_infeasible_in_a_row + 1 if is_next else 1
        self._last_infeasible = number

    def is_tried(self, key: str) -> bool:
        """Whether there was a trial of the network with this `member_key`."""
        return key in self._tried

    def rate(self, number: int) -> float | None:
        """The trial's reward against the peers known now; None where it reached no rung."""
        return self._history.rate(number)

    def _learn(self, number: int) -> bool:
        self._history.add(self._ledger.trial(number), self._outcomes.get(number))
        if self._history.num_new < self.controller.rollout_size:
            return False
        episodes = self._history.episodes()
        self.controller.update(episodes.latest(self._history.num_new), episodes)
        self._history.num_heard = len(self._history)
        return True

    @property
    def rated(self) -> Sequence[Rated]:
        """All trials that ended or reached a rung, and can be compared, in the order in which they first did."""
        return list(self._rated.values())

    @property
    def judged(self) -> Collection[int]:
        """Numbers of the `rated` and of what failed for what it is, in the order in which they first were either."""
        return self._judged.keys()

    def hindrances(self) -> Sequence[Hindrance]:
        """Why trials came to nothing, where any did."""
        kinds = (("limit", self._excess, False), ("failure", self._failed, True))
        return [
            Hindrance(name, [self._ledger.trial(number).spec.member for number in by_number], amounts, by_chance)
            for name, by_number, by_chance in kinds
            if (amounts := np.array(list(by_number.values()))).any()
        ]

    def climbs(self) -> Array:
        """(rated, rungs) the best value of each up to each rung, NaN where it was not reached."""
        return self.halving.climbs(np.array(list(self._rated), dtype=np.intp))

    def is_rated(self, number: int) -> bool:
        """Whether the trial is among the `rated`: it may run none the less."""
        return number in self._rated

    @property
    def objectives(self) -> Objectives:
        """What is compared."""
        return self._ledger.objectives

    def epoch_seconds(self) -> Array:
        """(rated,) see `Evidence`."""
        return np.array([trial.epoch_seconds for trial in self._rated.values()])

    def merits(self) -> Sequence[Climb]:
        """(rated,)."""
        return [self.halving.merits(number) for number in self._rated]

    def _rated_as(self, number: int) -> Rated | None:
        outcome = self._outcomes.get(number)
        is_in_vain = outcome is not None and outcome.is_in_vain
        if is_in_vain or not self.halving.num_climbed(number):
            return None
        return Rated(self._ledger.trial(number).spec, self._epoch_seconds(number))

    def _epoch_seconds(self, number: int) -> float:
        measured = [
            measurement.metrics["epoch_seconds"]
            for measurement in self._ledger.trial(number).measurements
            if measurement.fidelity <= self.halving.fidelities[0] and "epoch_seconds" in measurement.metrics
        ]
        return statistics.median(measured) if measured else math.nan


def note_failing(failing: list[int], event: LedgerEvent) -> None:
    """Keeps the row of trials whose program or worker failed, with no measurement of any trial between."""
    match event:
        case Measured():
            failing.clear()
        case Ended(number, outcome) if outcome.failure in (Failure.EXCEPTION, Failure.WORKER_LOST):
            failing.append(number)


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def member_key(member: Mapping[str, Value]) -> str:
    """Text that two mappings of architecture and hyperparameters share exactly when they are equal."""
    return _ENCODER.encode(member)

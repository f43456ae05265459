"""Where a search stands, kept up to date event by event."""

from __future__ import annotations

import math
from collections import Counter

from gnas_ray.controllers import Controller
from gnas_ray.core import Ending
from gnas_ray.core.events import SearchProgress
from gnas_ray.ledger import Ended, Ledger, LedgerEvent, Measured, Paused, Promoted
from gnas_ray.search.halving import SuccessiveHalving

_Place = tuple[tuple[float, tuple[float, ...]], int]
"""Sorts trials: those that break the constraints least, better ones, earlier ones."""
_NOTHING: _Place = ((-math.inf, ()), 0)


class Statistics:
    """Counts, and the incumbent: of the trials that keep the constraints and did not fail, the one that measured the
    highest first objective, of equals the second, and so on.

    At any epoch: a trial that was stopped may be worth more than it showed, never less. So nobody who has shown less is
    better known, however far they climbed.

    Attributes:
        incumbent: Its number; None before the first measurement.
    """

    def __init__(self, ledger: Ledger, halving: SuccessiveHalving) -> None:
        self._ledger = ledger
        self._halving = halving
        self._started = ledger.clock()
        self._num_tried_before: int | None = None
        self._by_ending: Counter[str] = Counter()
        self._num_ended = 0
        self._paused: set[int] = set()
        self._failed: set[int] = set()
        self._entropy = math.nan
        self._entropy_version = -1
        self.incumbent: int | None = None

    def live(self) -> None:
        """What comes from now on is no replay."""
        self._started = self._ledger.clock()
        self._num_tried_before = self._num_tried

    def apply(self, event: LedgerEvent) -> None:
        """Takes in one event that the ledger holds, after the halving did."""
        match event:
            case Measured(number):
                best = _NOTHING if self.incumbent is None else self._place(self.incumbent)
                self.incumbent = number if self._place(number) > best else self.incumbent
            case Paused(number):
                self._paused.add(number)
            case Promoted(number):
                self._paused.remove(number)
            case Ended(number, outcome):
                self._paused.discard(number)
                self._by_ending[outcome.ending.value] += 1
                is_of_budget = outcome.ending is not Ending.INFEASIBLE and number not in self._ledger.set_aside
                self._num_ended += is_of_budget
                if outcome.ending is Ending.FAILED:
                    self._failed.add(number)
                    self._elect()

    @property
    def seconds_spent(self) -> float:
        """Seconds of search so far, those before a resume included."""
        return self._ledger.seconds_before + self._elapsed

    def time_left(self, max_trials: int, max_seconds: float | None) -> float | None:
        """Share of the seconds that is left; None where there are none to keep to, or the trials will be spent before.

        That is judged by the pace so far: trials ended or paused a second.
        """
        spent, num_tried = self.seconds_spent, self._num_tried
        if max_seconds is None or (num_tried and spent / num_tried * max_trials <= max_seconds):
            return None
        return max(0.0, 1 - spent / max_seconds)

    @property
    def _num_tried(self) -> int:
        """Trials of the budget that ended or paused."""
        return self._num_ended + len(self._paused)

    @property
    def _elapsed(self) -> float:
        return self._ledger.clock() - self._started

    def progress(self, max_trials: int, max_seconds: float | None, controller: Controller) -> SearchProgress:
        """Everything a watcher is told."""
        elapsed = self._elapsed
        num_running = self._ledger.num_trials - self._by_ending.total() - len(self._paused)
        merit = None if self.incumbent is None else self._halving.best(self.incumbent)
        paused = {"paused": len(self._paused)} if self._halving.promotes else {}
        endings = {ending.value: self._by_ending[ending.value] for ending in Ending}
        return SearchProgress(
            num_trials=max_trials,
            num_ended=self._num_ended,
            by_state={"running": num_running, **paused, **endings},
            by_rung=dict(zip(self._halving.fidelities, map(len, self._halving.peers), strict=True)),
            incumbent=self.incumbent,
            incumbent_value=math.nan if merit is None else merit.values[0],
            policy_entropy=self._policy_entropy(controller),
            elapsed_seconds=elapsed,
            expected_seconds=self._expected(elapsed, max_trials, max_seconds),
        )

    def _expected(self, elapsed: float, max_trials: int, max_seconds: float | None) -> float:
        num_tried = self._num_tried
        since = num_tried - (self._num_tried_before or 0)
        if since <= 0:  # what had paused before a resume was promoted since
            return math.nan
        all_trials = elapsed + (max_trials - num_tried) * elapsed / since
        return all_trials if max_seconds is None else min(all_trials, max_seconds - self._ledger.seconds_before)

    def _policy_entropy(self, controller: Controller) -> float:
        if self._entropy_version != controller.policy_version:  # it takes milliseconds, and is asked often
            self._entropy_version = controller.policy_version
            self._entropy = controller.entropy()
        return self._entropy

    def _place(self, number: int) -> _Place:
        merit = self._halving.best(number)
        return _NOTHING if merit is None else (merit.order_of_trials, -number)

    def _elect(self) -> None:
        """Finds another incumbent when it has failed."""
        if self.incumbent not in self._failed:
            return
        candidates = [n for n in self._halving.numbers if n not in self._failed]
        self.incumbent = max(candidates, key=self._place, default=None)

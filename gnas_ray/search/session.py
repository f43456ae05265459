"""The search as a state machine: ask, observe, tell."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import TracebackType

from gnas_ray.controllers import Controller
from gnas_ray.core import Ending, Failure, Measurement, Outcome, Proposal, RungLadder, TrialSpec, derive_seed
from gnas_ray.core.events import SearchProgress
from gnas_ray.experiment import PriorMember
from gnas_ray.ledger import Began, Ended, Ledger, LedgerEvent, Measured, Paused, Promoted, TrialRecord
from gnas_ray.rewards import Reward
from gnas_ray.search.proposer import Candidate, Proposer
from gnas_ray.search.state import SearchState, note_failing
from gnas_ray.search.statistics import Statistics
from gnas_ray.search.warm_start import NO_WARM_START, WarmStart
from gnas_ray.searchers import Searcher
from gnas_ray.surrogates import Surrogate

Check = Callable[[TrialSpec], Outcome | None]
"""What is known of a trial before it is trained: an INFEASIBLE outcome when it would break a limit, else None."""


def allow_all(spec: TrialSpec) -> Outcome | None:
    """No limit."""
    return None


MAX_INFEASIBLE = 200
"""After so many trials in a row that would break a limit, the search is over: it finds none that does not."""


MAX_FAILING = 20
"""After so many trials in a row whose program or worker failed, with no measurement between, nothing more is asked for:
it is not the members' fault. When the search is opened anew, those that had measured nothing are set aside: their
members may be tried again, and what was given to try first is."""


@dataclass(frozen=True)
class SearchPlan:
    """What the search may spend, and where it begins.

    Attributes:
        rungs: Where trials are compared; the last is a trial's full length.
        max_trials: Trials begun in all, failed and stopped ones included, but not those that were never trained, nor
            those that the ledger has set aside.
        seed: Every random stream of the search follows from it.
        prior: Members to try before the controller is asked, in order.
        max_seconds: Seconds of search, those before a resume included. Then there is nothing more to ask for, and
            whoever runs trials ends those that run. None for no limit.
        warm_start: What earlier experiments tried; their best come after the prior.
        check: Asked of each trial before it is handed out; of those that were never trained once more when the search
            is opened anew.
    """

    rungs: RungLadder
    max_trials: int
    seed: int = 0
    prior: Sequence[PriorMember] = ()
    max_seconds: float | None = None
    check: Check = allow_all
    warm_start: WarmStart = NO_WARM_START

    @cached_property
    def given(self) -> tuple[PriorMember, ...]:
        """What is tried before the controller is asked, in order.

        A prior member that is among the first of earlier experiments comes once, with the hyperparameters that it had
        there.
        """
        earlier = list(self.warm_start.first)
        prior: list[PriorMember] = []
        for known in self.prior:
            found = next((member for member in earlier if known.fits(member)), None)
            prior.append(replace(known, hyperparameters=found.hyperparameters) if found else known)
            earlier = [member for member in earlier if member is not found]
        return (*prior, *earlier)


class SearchSession:
    """Hands out trials, decides who goes on, and teaches the controller.

    Whoever runs trials calls `ask` for each, `observe` for each measurement and `tell` once at the end, in whatever
    order they come. Every call is in the ledger before it returns. Over a ledger that is not empty, the session
    replays it, and is then in the state that it would be in had it never been interrupted; unfinished trials are
    handed out again before new ones.

    Where the rungs promote, a trial is to be trained `until` the next rung only; there `tell` pauses it, and `ask`
    hands it out again once it is among the best of that rung.

    Not thread-safe: one thread calls it.

    Args:
        ledger: New, or of the search to go on with.
        controller: Knowing nothing yet, like the next three.
        searcher: Of hyperparameters.
        surrogate: Of what was tried.
        reward: Of what ended.
        plan: What may be spent.

    Attributes:
        settled: Trials that had come to their end or to a rung when the search before was cut off, and ended or paused
            when this was made.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        controller: Controller,
        searcher: Searcher,
        surrogate: Surrogate,
        reward: Reward,
        plan: SearchPlan,
    ) -> None:
        _set_aside_what_says_nothing_now(ledger, plan.check)
        self.ledger = ledger
        self.controller = controller
        self.plan = plan
        self._state = SearchState(ledger, controller=controller, reward=reward, rungs=plan.rungs)
        self._proposer = Proposer(
            controller, searcher, surrogate, state=self._state, seed=plan.seed, earlier=plan.warm_start.trials
        )
        self._statistics = Statistics(ledger, self._state.halving)
        self._given_left = list(plan.given)
        for event in ledger.events():
            self._apply(event)
        self._statistics.live()
        # It may not be lost any more, and goes on until it is again.
        self._state.num_infeasible_in_a_row = 0
        self._state.failing.clear()
        self.settled = self._settle()
        self._unfinished = deque(self.running())
        self._is_exhausted = False

    def ask(self) -> TrialSpec | None:
        """The next trial to run: unfinished ones first, then paused ones that are promoted, those at the highest rung
        first, then what was given, then the controller's. Where no trial has trained whole when nothing else is left,
        the best that is paused goes on until one has: few trials promote nobody.

        A trial that would break a limit has ended when this returns, and the one after it is the next.

        None when the budget is spent or the space exhausted; nothing that happens later changes that, except that a
        paused trial may be promoted as long as others run.
        """
        while (spec := self._next_spec()) is not None:
            # Who has trained is not judged by an estimate, though a limit may be tighter than when it began.
            has_trained = bool(self.ledger.trial(spec.number).measurements)
            if has_trained or (infeasible := self.plan.check(spec)) is None:
                return spec
            self.tell(spec.number, infeasible)
        return None

    def until(self, number: int) -> int | None:
        """The epochs to which a trial that was handed out is to be trained; None for as many as there are."""
        return self.plan.rungs.until(self.ledger.trial(number).fidelity)

    def observe(self, number: int, measurement: Measurement) -> bool:
        """Whether the trial goes on after this measurement; when not, it should be told as STOPPED at once.

        `tell` knows which of those have trained out, and so finished.

        A measurement of a fidelity that is known already (a trial resumed from an older checkpoint) and one of a trial
        that does not run change nothing.

        Raises:
            ValueError: The objective was not measured.
        """
        record = self.ledger.trial(number)
        if record.is_running and measurement.fidelity > record.fidelity:
            self.ledger.measure(number, measurement)
            self._apply(Measured(number, measurement))
        return record.is_running and not self._state.halving.is_stopped(number)

    def tell(self, number: int, outcome: Outcome) -> float | None:
        """Ends the trial; its reward, or None where it says nothing about quality.

        One that was to be trained `until` a rung and FINISHED there is paused instead, and its outcome is still None.

        A trial whose last objective was NaN has failed, whatever its runner thinks, and so has one that finished
        without a measurement. One whose worker was lost after it had reached a rung was stopped there.

        Raises:
            ValueError: It has ended already.
        """
        outcome = self._verdict(self.ledger.trial(number), outcome)
        if outcome.ending is Ending.FINISHED and self._state.halving.is_at_rung(number):
            self.ledger.pause(number)
            self._apply(Paused(number))
            return None
        reward = None if outcome.is_in_vain else self._state.rate(number)
        self.ledger.end(number, outcome, reward)
        self._apply(Ended(number, outcome))
        return reward

    def running(self) -> tuple[int, ...]:
        """Trials that have begun, and have neither ended nor paused."""
        return tuple(record.number for record in self.ledger.trials() if record.is_running)

    @property
    def is_out_of_time(self) -> bool:
        """Whether the plan's seconds are spent."""
        return self.plan.max_seconds is not None and self._statistics.seconds_spent >= self.plan.max_seconds

    @property
    def is_failing(self) -> bool:
        """Whether one trial after the other failed: `ask` gives None until the search is opened anew."""
        return len(self._state.failing) >= MAX_FAILING

    def describe_failing(self) -> str:
        """What failed, with the first failure's text."""
        first = self.ledger.trial(self._state.failing[0])
        detail = first.outcome.detail if first.outcome else ""
        number = len(self._state.failing)
        return f"{number} trials in a row failed before anything was measured, {first.spec.name} first:\n{detail}\n"

    @property
    def is_over(self) -> bool:
        """Whether nothing runs and nothing is left to ask for."""
        if self.running() or self._promotable is not None:
            return False
        is_nothing_new = not self._is_budget_left or self._next(self.ledger.num_trials) is None
        return is_nothing_new and (self.is_out_of_time or self._state.halving.best_waiting is None)

    def why_unspent(self) -> str:
        """Why trials of the budget are left though the search is over; "" where none are, or it is not, or its time is
        spent.
        """
        if self.is_out_of_time or self._num_left <= 0 or not self.is_over:
            return ""
        if self._state.num_infeasible_in_a_row < MAX_INFEASIBLE:
            return "no member was found that was not tried"
        outcome = self.ledger.trial(self.ledger.num_trials - 1).outcome
        detail = f"; of the last one {outcome.detail}" if outcome else ""
        return f"{MAX_INFEASIBLE} members in a row would break a limit{detail}"

    @property
    def abandoned(self) -> tuple[int, ...]:
        """Trials that have not ended, and that nobody will go on with: those paused once the search is over, and once
        its time is spent all. Whoever runs trials tells them as STOPPED.
        """
        if not (self.is_out_of_time or self.is_over):
            return ()
        return tuple(record.number for record in self.ledger.trials() if record.outcome is None)

    @property
    def incumbent(self) -> TrialRecord | None:
        """The best trial so far: of those that keep the constraints, the one that measured the highest value of the
        first objective, of equals of the second, and so on.
        """
        number = self._statistics.incumbent
        return None if number is None else self.ledger.trial(number)

    @property
    def may_promote(self) -> bool:
        """Whether there may be something to ask for when there is nothing now: trials run, and may end up at a rung."""
        return self.plan.rungs.promote and not self.is_out_of_time and bool(self.running())

    def progress(self) -> SearchProgress:
        """Where the search stands."""
        return self._statistics.progress(self.plan.max_trials, self.plan.max_seconds, self.controller)

    def close(self) -> None:
        """Lets another process go on with the search."""
        self.ledger.close()

    def __enter__(self) -> SearchSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _next_spec(self) -> TrialSpec | None:
        if self.is_out_of_time or self.is_failing:
            return None
        if self._unfinished:
            return self.ledger.trial(self._unfinished.popleft()).spec
        if (promoted := self._promotable) is not None:
            return self._promote(promoted)
        number = self.ledger.num_trials
        candidate = self._next(number) if self._is_budget_left else None
        if candidate is None:
            left = None if self.running() else self._state.halving.best_waiting
            return None if left is None else self._promote(left)
        seed = derive_seed(self.plan.seed, "trial", number)
        spec = self.ledger.begin(candidate.proposal, candidate.hyperparameters, seed=seed)
        self._apply(Began(spec, candidate.proposal))
        return spec

    def _promote(self, number: int) -> TrialSpec:
        self.ledger.promote(number)
        self._apply(Promoted(number))
        return self.ledger.trial(number).spec

    @property
    def _promotable(self) -> int | None:
        return None if self.is_out_of_time else self._state.halving.promotable

    @property
    def _is_budget_left(self) -> bool:
        is_lost = self._state.num_infeasible_in_a_row >= MAX_INFEASIBLE
        return self._num_left > 0 and not is_lost and not self.is_out_of_time

    @property
    def _num_left(self) -> int:
        """Trials of the budget that were not begun."""
        num_uncounted = self._state.num_infeasible + len(self.ledger.set_aside)
        return self.plan.max_trials - (self.ledger.num_trials - num_uncounted)

    def _next(self, number: int) -> Candidate | None:
        """What is tried as trial `number`; once there is nothing, never again anything."""
        if self._is_exhausted:
            return None
        candidate = self._propose(number)
        self._is_exhausted = candidate is None
        return candidate

    def _propose(self, number: int) -> Candidate | None:
        if self._given_left:
            known = self._given_left[0]
            proposal = Proposal(known.architecture, known.origin, policy_version=self.controller.policy_version)
            return self._proposer.complete(number, proposal, fixed=known.hyperparameters)
        pending = [running for running in self.running() if not self._state.is_rated(running)]
        specs = [self.ledger.trial(running).spec for running in pending]
        time_left = self._statistics.time_left(self.plan.max_trials, self.plan.max_seconds)
        return self._proposer.propose(number, specs, time_left=time_left)

    def _cross_off(self, spec: TrialSpec, origin: str) -> None:
        """One of what is given has begun; where an architecture is given twice, the one with its hyperparameters."""
        alike = [m for m in self._given_left if m.origin == origin and m.architecture == spec.architecture]
        equal = [m for m in alike if m.hyperparameters.items() <= spec.hyperparameters.items()]
        for member in (equal or alike)[:1]:
            self._given_left.remove(member)

    def _apply(self, event: LedgerEvent) -> None:
        if isinstance(event, Began) and event.spec.number not in self.ledger.set_aside:
            self._cross_off(event.spec, event.proposal.origin)
        self._state.apply(event)
        self._statistics.apply(event)

    def _settle(self) -> tuple[int, ...]:
        """Ends or pauses trials whose last word was decided, but not written, when their search died."""
        cut_off = self.running()
        for number in cut_off:
            is_at_its_end = self.ledger.trial(number).fidelity >= self.plan.rungs.max_epochs
            if is_at_its_end or self._state.halving.is_stopped(number):
                self.tell(number, Outcome(Ending.STOPPED))
            elif self._state.halving.is_at_rung(number):
                self.tell(number, Outcome(Ending.FINISHED))
        return tuple(number for number in cut_off if not self.ledger.trial(number).is_running)

    def _verdict(self, record: TrialRecord, outcome: Outcome) -> Outcome:
        if outcome.failure is Failure.WORKER_LOST and self._state.halving.num_climbed(record.number):
            # What it measured is as true as before.
            outcome = Outcome(Ending.STOPPED, detail=f"its worker was lost after epoch {record.fidelity}")
        if outcome.is_in_vain:
            return outcome
        last = record.measurements[-1].metrics if record.measurements else {}
        if broken := [n for n in self.ledger.objectives.names if not math.isfinite(last.get(n, 0.0))]:
            what = f"{', '.join(broken)} was not a number after {record.fidelity} epochs"
            return Outcome(Ending.FAILED, Failure.NAN, what)
        if outcome.ending is Ending.FINISHED and not record.measurements:
            return Outcome(Ending.FAILED, Failure.EXCEPTION, "it ended without a measurement")
        if outcome.ending is Ending.STOPPED and record.fidelity >= self.plan.rungs.max_epochs:
            return Outcome(Ending.FINISHED)
        if outcome.ending is Ending.STOPPED and self._state.halving.has_plateaued(record.number):
            return Outcome(Ending.FINISHED, detail=f"no better for {self.plan.rungs.patience} epochs")
        return outcome


def _set_aside_what_says_nothing_now(ledger: Ledger, check: Check) -> None:
    """Who opens a search anew may have mended what made trials fail, or raised a limit."""
    failing: list[int] = []
    for event in ledger.events():
        note_failing(failing, event)
    failing = [number for number in failing if number not in ledger.set_aside]
    unmeasured = [number for number in failing if not ledger.trial(number).measurements]
    infeasible = [r for r in ledger.trials() if r.outcome is not None and r.outcome.ending is Ending.INFEASIBLE]
    new = [r.spec.number for r in infeasible if r.spec.number not in ledger.set_aside and check(r.spec) is None]
    if len(failing) >= MAX_FAILING:
        new += unmeasured
    if new:
        ledger.put_aside(new)

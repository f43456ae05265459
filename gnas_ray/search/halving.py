"""Asynchronous successive halving, as a pure object."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from gnas_ray.core import Merit, RungLadder
from gnas_ray.search.rung import Rung
from gnas_ray.surrogates import Array


class SuccessiveHalving:
    """Decides at every rung whether a trial goes on, without waiting for anybody.

    The stopping variant of ASHA (Li et al. 2020, arXiv:1810.05934): a trial that reaches a rung goes on when it is
    among the top ``1/reduction_factor`` of all trials that reached it so far, itself included, rounded up: the first
    does, the second when it is better. Ties are in its favour. Decisions are final; nobody is stopped between rungs,
    and nobody at the last one, where training ends by itself. A trial that has trained out enters all rungs that are
    left with its best value, and goes no further.

    Where the rungs promote, it is ASHA as first published (Li et al. 2018, arXiv:1810.05934, algorithm 2): no rung
    stops anybody. Whoever runs trials lets each pause at the rung that it reached, and asks which of those that wait
    is `promotable`: it is among the top ``1/reduction_factor`` by now, the first to reach a rung not excepted.

    With several objectives or constraints a rung is ranked by constrained non-dominated sorting, as in MO-ASHA
    (Schmucker et al. 2021, arXiv:2106.12639), where constraints that training may still mend bind at the last rung
    only (see `Rung`). A trial that breaks a constraint on a cost, or any at the last rung, is rewarded like one that
    has climbed no further than the first rung.

    Args:
        rungs: Where trials are compared.
        is_plain: Whether a trial is as good as one value.
    """

    def __init__(self, rungs: RungLadder, *, is_plain: bool = True) -> None:
        self._rungs = rungs
        self._is_plain = is_plain
        last = rungs.fidelities[-1]
        self._entered = tuple(Rung(is_plain=is_plain, is_last=fidelity == last) for fidelity in rungs.fidelities)
        self._num_climbed: dict[int, int] = {}
        self._best: dict[int, Merit] = {}
        self._best_fidelity: dict[int, int] = {}
        self._plateaued: set[int] = set()
        self._stopped: set[int] = set()
        self._num_left: dict[int, int] = {}

    def record(self, number: int, fidelity: int, merit: Merit, *, has_ended: bool = False) -> bool:
        """Whether trial `number` goes on after measuring `merit` at `fidelity`.

        One of which it is known that it has ended later is not judged: with several objectives that is the most of what
        reading a search again would cost.

        A rung is entered with the best measurement so far at the first fidelity that is not below it. NaN
        (or infinity) stops the trial and enters no rung.
        """
        if not merit.is_finite:
            self._stopped.add(number)
            return False
        if number not in self._best or merit.order > self._best[number].order:
            self._best[number], self._best_fidelity[number] = merit, fidelity
        best, best_fidelity = self._best[number], self._best_fidelity[number]
        if self._rungs.has_plateaued(fidelity, best_fidelity):
            self._plateaued.add(number)
        for rung in range(self.num_climbed(number), self._rungs.rungs_reached(fidelity, best_fidelity)):
            self._entered[rung].enter(number, best)
            self._num_climbed[number] = rung + 1
            if not (has_ended or self._rungs.promote or self._is_promoted(rung, number)):
                self._stopped.add(number)
        return not self.is_stopped(number)

    def _is_promoted(self, rung: int, number: int) -> bool:
        if rung == len(self._entered) - 1:
            return True
        num_going_on = math.ceil(len(self._entered[rung]) / self._rungs.reduction_factor)
        return self._entered[rung].is_among_best(number, num_going_on)

    def is_at_rung(self, number: int) -> bool:
        """Whether the trial is to be paused, for it has reached a rung that it was not promoted from."""
        if not self._rungs.promote or self.is_stopped(number):
            return False
        return self._num_left.get(number, 0) < self.num_climbed(number) < len(self._entered)

    def pause(self, number: int) -> None:
        """The trial waits at the rung that it has reached."""
        self._entered[self.num_climbed(number) - 1].wait(number)

    def leave(self, number: int) -> None:
        """The trial waits no longer: it was promoted, or has ended."""
        if climbed := self.num_climbed(number):
            self._entered[climbed - 1].leave(number)
            self._num_left[number] = climbed

    @property
    def promotable(self) -> int | None:
        """Of the trials that wait and are now among the best of their rung, the best one at the highest rung."""
        for rung in reversed(self._entered[:-1]):
            best = rung.best_waiting()
            if best is not None and rung.is_among_best(best, len(rung) // self._rungs.reduction_factor):
                return best
        return None

    @property
    def best_waiting(self) -> int | None:
        """Of the trials that wait, the best one at the highest rung; None once any trial has come to the last rung."""
        if len(self._entered[-1]) > 0:
            return None
        waiting = (rung.best_waiting() for rung in reversed(self._entered[:-1]))
        return next((best for best in waiting if best is not None), None)

    def is_stopped(self, number: int) -> bool:
        """Whether a rung, NaN or a plateau has stopped this trial."""
        return number in self._stopped or number in self._plateaued

    def has_plateaued(self, number: int) -> bool:
        """Whether the trial has trained out before its last epoch."""
        return number in self._plateaued

    @property
    def promotes(self) -> bool:
        """Whether trials pause at rungs."""
        return self._rungs.promote

    @property
    def fidelities(self) -> Sequence[int]:
        """The rungs' epochs."""
        return self._rungs.fidelities

    @property
    def numbers(self) -> Collection[int]:
        """Trials with a value."""
        return self._best.keys()

    def best(self, number: int) -> Merit | None:
        """The trial's best measurement at any fidelity."""
        return self._best.get(number)

    def num_climbed(self, number: int) -> int:
        """Rungs that the trial has reached."""
        return self._num_climbed.get(number, 0)

    def climb(self, number: int) -> Sequence[float]:
        """The trial's place today at each rung that counts for its reward, lowest rung first."""
        num_counted = min(self.num_climbed(number), 1 if self._is_breaking(number) else len(self._entered))
        return [rung.place(number) for rung in self._entered[:num_counted]]

    def merits(self, number: int) -> Sequence[Merit]:
        """The trial's best measurement up to each rung that it reached, lowest rung first."""
        return [rung.merit(number) for rung in self._entered[: self.num_climbed(number)]]

    def climbs(self, numbers: NDArray[np.intp]) -> Array:
        """(n, rungs) the `climb` of each trial; NaN at rungs that do not count for its reward."""
        climbs = np.column_stack([rung.places_of(numbers) for rung in self._entered])
        if not self._is_plain:
            climbs[[self._is_breaking(number) for number in numbers.tolist()], 1:] = np.nan
        return climbs

    def _is_breaking(self, number: int) -> bool:
        """Whether it keeps not all constraints, as far as that can be known."""
        best = self._best.get(number)
        if best is None:
            return False
        has_climbed_all = self.num_climbed(number) == len(self._entered)
        return (best if has_climbed_all else best.half_way).violation > 0

    @property
    def peers(self) -> Sequence[Array]:
        """For every rung, the places of all trials that reached it, ascending."""
        return [rung.places for rung in self._entered]

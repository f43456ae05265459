"""Asynchronous successive halving, as a pure object."""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Collection, Sequence

from gnas_ray.core import RungLadder


class SuccessiveHalving:
    """Decides at every rung whether a trial goes on, without waiting for anybody.

    The stopping variant of ASHA (Li et al. 2020, arXiv:1810.05934): a trial that reaches a rung goes on when it is
    among the top ``1/reduction_factor`` of all trials that reached it so far, itself included, or while fewer than
    `reduction_factor` have: among two, nobody's place says much. Ties are in its favour. Decisions are final; nobody
    is stopped between rungs, and nobody at the last one, where training ends by itself. A trial that has trained out
    enters all rungs that are left with its best value, and goes no further.
    """

    def __init__(self, rungs: RungLadder) -> None:
        self._rungs = rungs
        self._peers: tuple[list[float], ...] = tuple([] for _ in rungs.fidelities)
        self._climbs: dict[int, list[float]] = {}
        self._best: dict[int, float] = {}
        self._best_fidelity: dict[int, int] = {}
        self._plateaued: set[int] = set()
        self._stopped: set[int] = set()

    def record(self, number: int, fidelity: int, value: float) -> bool:
        """Whether trial `number` goes on after reaching `value` at `fidelity`; higher values are better.

        A rung is entered with the best value so far at the first fidelity that is not below it. NaN
        (or infinity) stops the trial and enters no rung.
        """
        if not math.isfinite(value):
            self._stopped.add(number)
            return False
        if value > self.best(number):
            self._best[number], self._best_fidelity[number] = value, fidelity
        best, best_fidelity = self._best[number], self._best_fidelity[number]
        if self._rungs.has_plateaued(fidelity, best_fidelity):
            self._plateaued.add(number)
        climb = self._climbs.setdefault(number, [])
        for rung in range(len(climb), self._rungs.rungs_reached(fidelity, best_fidelity)):
            climb.append(best)
            insort(self._peers[rung], best)
            if not self._is_promoted(rung, best):
                self._stopped.add(number)
        return not self.is_stopped(number)

    def _is_promoted(self, rung: int, value: float) -> bool:
        if rung == len(self._peers) - 1:
            return True
        peers = self._peers[rung]
        num_better = len(peers) - bisect_right(peers, value)
        factor = self._rungs.reduction_factor
        return len(peers) < factor or num_better < len(peers) // factor

    def is_stopped(self, number: int) -> bool:
        """Whether a rung, NaN or a plateau has stopped this trial."""
        return number in self._stopped or number in self._plateaued

    def has_plateaued(self, number: int) -> bool:
        """Whether the trial has trained out before its last epoch."""
        return number in self._plateaued

    @property
    def fidelities(self) -> Sequence[int]:
        """The rungs' epochs."""
        return self._rungs.fidelities

    @property
    def numbers(self) -> Collection[int]:
        """Trials with a value."""
        return self._best.keys()

    def best(self, number: int) -> float:
        """The trial's best value at any fidelity; minus infinity without one."""
        return self._best.get(number, -math.inf)

    def climb(self, number: int) -> Sequence[float]:
        """The trial's best value at each rung it reached, lowest rung first."""
        return self._climbs.get(number, ())

    @property
    def peers(self) -> Sequence[Sequence[float]]:
        """For every rung, the values of all trials that reached it, ascending."""
        return self._peers

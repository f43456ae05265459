"""What every surrogate is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gnas_ray.core import Value
from gnas_ray.space import SearchSpace
from gnas_ray.surrogates.encoding import Array

Member = Mapping[str, Value]
"""An architecture and its hyperparameters in one mapping."""


@dataclass(frozen=True)
class EarlierTrials:
    """What an earlier experiment tried, on other data perhaps, in the words of the present space.

    Attributes:
        name: The experiment's.
        members: Partial: a choice that the present space does not have in this way, or the earlier one did not, is
            left out.
        values: (len(members),) their places in their own experiment, as `Evidence.values`; nothing else compares with
            them.
        num_trials: Trials with a value that the experiment had; those that say too little here are no members.
        objectives: What it was after, in words; "" where that is what is searched for now.
    """

    name: str
    members: Sequence[Member]
    values: Array
    num_trials: int
    objectives: str = ""

    def describe(self) -> str:
        """How much of it could be used, for people."""
        after = f"; they were after something else: {self.objectives}" if self.objectives else ""
        return f"{len(self.members)} of {self.num_trials} trials can be used{after}"


@dataclass(frozen=True)
class Hindrance:
    """One way in which trials come to nothing, which says nothing of quality.

    Attributes:
        name: ``limit`` or ``failure``.
        members: Of all trials that it could have hindered, in an order that stays as more come.
        amounts: (len(members),) how much it hindered each, above 0, or 0 where it did not; only the order means
            something.
        is_by_chance: Whether the machine may have had a part in it, and not the member alone.
    """

    name: str
    members: Sequence[Member]
    amounts: Array
    is_by_chance: bool


@dataclass(frozen=True)
class Evidence:
    """What was tried.

    Attributes:
        ended: Trials that can be compared, in the order in which they ended or first reached a rung.
        values: (len(ended),) their places: only their order means something, and equals are equal.
        running: Trials that have not reached a rung.
        earlier: What other experiments tried, the same at every call.
        by_objective: (len(ended), objectives) how each objective ranks them, whether they keep the constraints or not,
            higher is better; only the order in a column means something. None where there is one, without constraints.
        margins: (len(ended), constraints) by how much each keeps each constraint, or would had it trained whole;
            negative where it breaks it. Only the order in a column and the sign mean something. None without
            constraints.
        hindrances: What made trials come to nothing.
        epoch_seconds: (len(ended),) what an epoch of each takes, NaN where it is not known; None where of none it is.
        time_left: Share of the search's time, 1..0; None where it has trials to spend and not time, which it also has
            where at the pace so far the trials are spent before the time is.
    """

    ended: Sequence[Member]
    values: Array
    running: Sequence[Member]
    earlier: Sequence[EarlierTrials] = ()
    by_objective: Array | None = None
    margins: Array | None = None
    hindrances: Sequence[Hindrance] = ()
    epoch_seconds: Array | None = None
    time_left: float | None = None


class Surrogate(ABC):
    """Says how promising members are that were not tried, from those that were.

    Attributes:
        space: What they are members of.
        num_candidates: How many it wants to compare for one trial.
    """

    num_candidates = 1

    def __init__(self, space: SearchSpace) -> None:
        self.space = space

    @abstractmethod
    def is_ready(self, num_ended: int) -> bool:
        """Whether so many trials that can be compared (see `Evidence.ended`) are enough to compare candidates."""

    @abstractmethod
    def promise(self, candidates: Sequence[Member], evidence: Evidence, *, seed: int) -> Array:
        """(n,) how promising each candidate is; higher is better, and only differences mean something.

        A function of its arguments alone: what it keeps, it keeps to be quicker.

        Args:
            candidates: At least one.
            evidence: What was tried.
            seed: Of what is random in it.
        """

"""Learning curves in a table: what trials report there, and in what a search's budget is counted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gnas_ray.core import RungLadder


@dataclass(frozen=True)
class Training:
    """How the training of a member goes.

    Attributes:
        epochs: Of each the seconds that it takes and the objective after it.
        seconds_to_failure: How long it trains after them until it fails; None where it does not.
    """

    epochs: Sequence[tuple[float, float]]
    seconds_to_failure: float | None = None

    @property
    def seconds(self) -> float:
        """What it takes whole."""
        return math.fsum(seconds for seconds, _ in self.epochs) + (self.seconds_to_failure or 0.0)

    def value_at(self, epoch: int) -> float:
        """The best up to `epoch`, higher is better; -inf where it failed in the first."""
        return max((value for _, value in self.epochs[:epoch]), default=-math.inf)


@dataclass(frozen=True)
class Curves:
    """What a table with learning curves has beside its values.

    Attributes:
        trainings: By entry.
        rungs: Where a search compares trials when it stops them early.
        patience: After so many epochs in which they were no better the trainings ended.
        mean_seconds: What the mean member takes whole: one full-trial equivalent.
    """

    trainings: Mapping[int, Training]
    rungs: RungLadder
    patience: int
    mean_seconds: float

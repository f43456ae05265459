"""The fidelities at which trials are compared."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RungLadder:
    """Rungs at ``grace_period * reduction_factor**i`` epochs, and a last one at `max_epochs`.

    The geometry of asynchronous successive halving (Li et al. 2020, arXiv:1810.05934, section 3).
    """

    grace_period: int
    reduction_factor: int
    max_epochs: int

    def __post_init__(self) -> None:
        if not 1 <= self.grace_period <= self.max_epochs:
            raise ValueError(
                f"grace_period must be in 1..max_epochs={self.max_epochs}, got {self.grace_period}"
            )
        if self.reduction_factor < 2:
            raise ValueError(f"reduction_factor must be at least 2, got {self.reduction_factor}")

    @property
    def fidelities(self) -> tuple[int, ...]:
        """Epochs of every rung, ascending; the last is `max_epochs`."""
        rungs = []
        fidelity = self.grace_period
        while fidelity < self.max_epochs:
            rungs.append(fidelity)
            fidelity *= self.reduction_factor
        return (*rungs, self.max_epochs)

    def rungs_reached(self, fidelity: int) -> int:
        """How many rungs a trial has reached after `fidelity` epochs (0 before the grace period)."""
        return sum(rung <= fidelity for rung in self.fidelities)

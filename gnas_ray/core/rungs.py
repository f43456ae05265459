"""The fidelities at which trials are compared."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RungLadder:
    """Rungs at ``grace_period * reduction_factor**i`` epochs, and a last one at `max_epochs`.

    The geometry of asynchronous successive halving (Li et al. 2020, arXiv:1810.05934, section 3).

    Attributes:
        grace_period: Epochs of the first rung.
        reduction_factor: From rung to rung; one trial in so many goes on.
        max_epochs: A trial's full length.
        patience: A trial past the first rung that is no better for so many epochs has trained out: it has reached
            every rung, with the best value it had. None trains all to their full length.
        promote: A trial that is not among the best of its rung waits there, and goes on when it is. Otherwise it is
            stopped for good.
    """

    grace_period: int
    reduction_factor: int
    max_epochs: int
    patience: int | None = None
    promote: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.grace_period <= self.max_epochs:
            raise ValueError(f"grace_period must be in 1..max_epochs={self.max_epochs}, got {self.grace_period}")
        if self.reduction_factor < 2:
            raise ValueError(f"reduction_factor must be at least 2, got {self.reduction_factor}")
        if self.patience is not None and self.patience < 1:
            raise ValueError(f"patience must be at least 1, got {self.patience}")

    @property
    def fidelities(self) -> tuple[int, ...]:
        """Epochs of every rung, ascending; the last is `max_epochs`."""
        rungs = []
        fidelity = self.grace_period
        while fidelity < self.max_epochs:
            rungs.append(fidelity)
            fidelity *= self.reduction_factor
        return (*rungs, self.max_epochs)

    def until(self, fidelity: int) -> int | None:
        """The rung at which a trial with `fidelity` epochs next waits to be promoted; None when it nowhere does."""
        return next((rung for rung in self.fidelities[:-1] if self.promote and rung > fidelity), None)

    def has_plateaued(self, fidelity: int, best_fidelity: int) -> bool:
        """Whether a trial that was best at `best_fidelity` has trained out by `fidelity`.

        Where trials are stopped at rungs, not before it has been compared at the first: what only gets worse is no
        better than what is stopped there.
        """
        is_compared = fidelity > self.grace_period or self.grace_period == self.max_epochs
        return self.patience is not None and is_compared and fidelity - best_fidelity >= self.patience

    def rungs_reached(self, fidelity: int, best_fidelity: int) -> int:
        """How many rungs a trial has reached after `fidelity` epochs (0 before the grace period)."""
        if self.has_plateaued(fidelity, best_fidelity):
            return len(self.fidelities)
        return sum(rung <= fidelity for rung in self.fidelities)

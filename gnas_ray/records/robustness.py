"""Winner and baselines on disturbed data, beside their clean figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

CLEAN = "clean"

MEANING = (
    "Retrained and tested on worse data with all that was chosen on the clean ones; one seed. "
    "edges: random interactions added to train + valid. text: a share of the items with each other's text. "
    "popularity: one test interaction an item, so that popular items are no better a guess. "
    "Percent: of the clean figure."
)


@dataclass(frozen=True)
class RobustnessRow:
    """One line of the table.

    Attributes:
        name: A baseline's name, or the winner's trial.
        metrics: Test metrics by the disturbance's name, `CLEAN` first.
    """

    name: str
    metrics: Mapping[str, Mapping[str, float]]
    is_winner: bool = False

    @property
    def label(self) -> str:
        """The name as a table has it."""
        return f"{self.name} (winner)" if self.is_winner else self.name

    def kept(self, disturbance: str, objective: str) -> float | None:
        """The share of the clean objective that is left; None of 0."""
        clean = self.metrics[CLEAN][objective]
        return self.metrics[disturbance][objective] / clean if clean else None


def by_clean(rows: Sequence[RobustnessRow], objective: str) -> tuple[RobustnessRow, ...]:
    """`rows` by their clean figure, best first."""
    return tuple(sorted(rows, key=lambda row: -row.metrics[CLEAN][objective]))

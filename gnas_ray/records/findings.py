"""Everything the report tells, worked out once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gnas_ray.core import Objectives, RungLadder
from gnas_ray.ledger import Ledger, TrialRecord
from gnas_ray.records.final import FinalRow
from gnas_ray.records.importance import importances
from gnas_ray.records.leaderboard import LeaderboardRow, incumbent, leaderboard, measured_at
from gnas_ray.records.neighbours import Neighbour, neighbours
from gnas_ray.records.option_shares import OptionShares, option_shares
from gnas_ray.records.robustness import RobustnessRow
from gnas_ray.records.trial_model import MIN_TRIALS, TrialModel, comparison_rung
from gnas_ray.space import SearchSpace

if TYPE_CHECKING:
    from gnas_ray.records.option_effects import WinnerModel


@dataclass(frozen=True)
class Findings:
    """What one experiment found; what takes long to work out, once it is asked for.

    Attributes:
        name: The experiment's.
        space: What was searched.
        records: The trials, by number, with times of a clock that stood still between sittings.
        rows: The leaderboard.
        policy: The controller's own probabilities over time; empty where they are not known.
        final: Winner and baselines on the test part; empty before they are tested.
        robustness: The same on disturbed data; empty where it wasn't asked for.
        seconds: How long it searched, in all sittings; not the time between.
        facts: How it was run, for people: data set, controller, versions.
    """

    name: str
    objectives: Objectives
    rungs: RungLadder
    space: SearchSpace
    records: tuple[TrialRecord, ...]
    rows: tuple[LeaderboardRow, ...]
    policy: tuple[OptionShares, ...]
    final: tuple[FinalRow, ...]
    robustness: tuple[RobustnessRow, ...]
    seconds: float
    facts: Mapping[str, str]

    @property
    def objective(self) -> str:
        """The first objective's metric."""
        return self.objectives.metric

    @cached_property
    def rung(self) -> int:
        """At so many epochs trials' values are compared: the highest rung that `MIN_TRIALS` reached, else the first."""
        return comparison_rung(self.records, objectives=self.objectives, rungs=self.rungs)

    @cached_property
    def model(self) -> TrialModel | None:
        """What the trials say of other members; None before enough trials reached a rung."""
        return TrialModel.of(self.records, space=self.space, objectives=self.objectives, rungs=self.rungs)

    @cached_property
    def importances(self) -> Mapping[str, float]:
        """What mattered: the share of each choice, highest first; empty where there is no model."""
        return importances(self.model, self.space) if self.model else {}

    @property
    def why_no_importances(self) -> str:
        """A sentence on why there are none, where there are none."""
        num_trials = len(measured_at(self.rung, self.records, self.objectives, self.rungs))
        if num_trials < MIN_TRIALS:
            needed = f"Importances need at least {MIN_TRIALS} trials at one rung"
            return f"{needed}; {num_trials} reached the first, {self.rung} epochs."
        return "No choice mattered: all trials are alike."

    @property
    def policy_changes(self) -> list[OptionShares]:
        """Of each decision, over time: the policy, or what was proposed where that is not known; those that mattered
        most first.
        """
        histories = self.policy or option_shares(self.records, self.space.decisions)
        return sorted(histories, key=lambda history: -self.importances.get(history.decision, 0.0))

    @property
    def neighbours(self) -> tuple[Neighbour, ...]:
        """What was tried beside the winner; empty where there is none."""
        return neighbours(self.winner, self.rows, self.space.decisions) if self.winner else ()

    @cached_property
    def winner_model(self) -> WinnerModel | None:
        """What tells the winner's value with other options; None before enough trials reached a rung."""
        from gnas_ray.records.option_effects import WinnerModel

        return WinnerModel.of(self)

    @property
    def winner(self) -> LeaderboardRow | None:
        """The trial that was retrained, or else the incumbent."""
        retrained = next((row.trial for row in self.final if row.is_winner), None)
        named = next((row for row in self.rows if row.number == retrained), None)
        return named or incumbent(self.rows)


def findings_of(  # noqa: PLR0913 - one parameter for each thing that a ledger does not know
    ledger: Ledger,
    rungs: RungLadder,
    *,
    name: str,
    policy: Sequence[OptionShares] = (),
    final: Sequence[FinalRow] = (),
    robustness: Sequence[RobustnessRow] = (),
    facts: Mapping[str, str] | None = None,
) -> Findings:
    """The findings in `ledger` as it stands."""
    records = ledger.trials_at_work()
    return Findings(
        name=name,
        objectives=ledger.objectives,
        rungs=rungs,
        space=ledger.space,
        records=records,
        rows=leaderboard(records, objectives=ledger.objectives, rungs=rungs),
        policy=tuple(policy),
        final=tuple(final),
        robustness=tuple(robustness),
        seconds=ledger.seconds_worked,
        facts=dict(facts or {}),
    )

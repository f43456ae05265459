"""What the trials say of members of the space, tried or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gnas_ray.core import Objectives, RungLadder, TrialSpec
from gnas_ray.ledger import TrialRecord
from gnas_ray.records.leaderboard import measured_at
from gnas_ray.space import SearchSpace
from gnas_ray.surrogates import Array, Encoding, Member
from gnas_ray.surrogates.comparison import Comparison
from gnas_ray.surrogates.gaussian_process import Points, normal_scores, process_of

MIN_TRIALS = 20
"""Before fewer trials say anything of what wasn't tried."""


def comparison_rung(records: Sequence[TrialRecord], *, objectives: Objectives, rungs: RungLadder) -> int:
    """The highest rung, in epochs, that at least `MIN_TRIALS` reached; the first where none was."""
    for rung in reversed(rungs.fidelities):
        if len(measured_at(rung, records, objectives, rungs)) >= MIN_TRIALS:
            return rung
    return rungs.fidelities[0]


class TrialModel:
    """A Gaussian process over all trials that reached a rung, as the search has it.

    Each counts as what it would have come to had it trained whole (`Comparison`): so what was stopped early is not
    below what trained longer because it was stopped. What breaks a constraint is behind, and of several objectives
    fronts are compared. Its targets are normal scores of these places.

    Args:
        trials: Two or more.
        standing: (len(trials),) of each; only the order means something.
        space: What they are members of.

    Attributes:
        score_of: That of each trial, by number.
        of_objective: The same of the first objective alone, whatever constraints say; itself where that is all.
    """

    def __init__(self, trials: Sequence[TrialSpec], standing: Array, space: SearchSpace) -> None:
        scores = normal_scores(standing).tolist()
        self.score_of: Mapping[int, float] = {trial.number: score for trial, score in zip(trials, scores, strict=True)}
        self.of_objective = self
        self._encoding = Encoding((*space.decisions, *space.hyperparameters))
        self._process = process_of(self._encoding, self._encoding.encode([t.member for t in trials]), standing)

    @classmethod
    def of(
        cls, records: Sequence[TrialRecord], *, space: SearchSpace, objectives: Objectives, rungs: RungLadder
    ) -> TrialModel | None:
        """None before `MIN_TRIALS` reached a rung, and where they are all alike."""
        by_rung = [measured_at(rung, records, objectives, rungs) for rung in rungs.fidelities]
        trials = [record.spec for record in records if record.number in by_rung[0]]
        if len(trials) < MIN_TRIALS:
            return None
        climbs = [
            [objectives.merit(at_rung[trial.number].metrics) for at_rung in by_rung if trial.number in at_rung]
            for trial in trials
        ]
        compared = Comparison(space, objectives)(trials, climbs)
        if len(set(compared.places.tolist())) == 1:
            return None
        model = cls(trials, compared.places, space)
        if not objectives.is_plain:
            model.of_objective = cls(trials, compared.ranks[:, 0], space)
        return model

    def predict(self, members: Sequence[Member]) -> tuple[Array, Array]:
        """(n,) means and standard deviations of their scores."""
        return self._process.predict(Points.without_hints(self._encoding.encode(members)))

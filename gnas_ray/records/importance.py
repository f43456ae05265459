"""Which decisions and hyperparameters mattered."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import optuna

from gnas_ray.core import Objectives, RungLadder
from gnas_ray.core.ranking import places
from gnas_ray.ledger import TrialRecord
from gnas_ray.records.leaderboard import measured_at

MIN_TRIALS = 20
"""With the best quarter as target, five trials in it: what Optuna's documentation asks for."""
TARGET_QUANTILE = 0.25


@dataclass(frozen=True)
class Importances:
    """How much each choice decides whether a trial is among the best quarter at one rung.

    Attributes:
        by_name: Shares that sum to 1, highest first; empty for the reason in `why_none`.
        rung: The epochs at which the trials were compared.
        num_trials: How many were.
    """

    by_name: Mapping[str, float]
    rung: int
    num_trials: int

    @property
    def why_none(self) -> str:
        """A sentence on why there are no shares, where there are none."""
        if self.num_trials < MIN_TRIALS:
            needed = f"Importances need at least {MIN_TRIALS} trials at one rung"
            return f"{needed}; {self.num_trials} reached the first, {self.rung} epochs."
        return f"No choice mattered: the {self.num_trials} trials that reached {self.rung} epochs are all alike."


def importances(
    records: Sequence[TrialRecord],
    distributions: Mapping[str, optuna.distributions.BaseDistribution],
    *,
    objectives: Objectives,
    rungs: RungLadder,
) -> Importances:
    """PED-ANOVA (Watanabe et al. 2023, arXiv:2304.10255) over the trials that reached one rung.

    Optuna's own call on the ledger's study would see finished trials only; here trials are compared at the highest
    rung that at least `MIN_TRIALS` of them reached, stopped ones included, each by its place among the others there:
    what breaks a constraint is behind, and of several objectives fronts are compared.
    """
    for rung in reversed(rungs.fidelities):
        reached = measured_at(rung, records, objectives, rungs)
        if len(reached) >= MIN_TRIALS:
            place = places([objectives.merit(measurement.metrics) for measurement in reached.values()])
            study = _study([record for record in records if record.number in reached], place, distributions)
            return Importances(_ped_anova(study), rung, len(reached))
    return Importances({}, rungs.fidelities[0], len(reached))


def _study(
    records: Sequence[TrialRecord],
    values: Sequence[float],
    distributions: Mapping[str, optuna.distributions.BaseDistribution],
) -> optuna.Study:
    study = optuna.create_study(storage=optuna.storages.InMemoryStorage(), direction="maximize")
    for record, value in zip(records, values, strict=True):
        params = dict(record.spec.member)
        own = {name: distributions[name] for name in params}
        study.add_trial(optuna.trial.create_trial(params=params, distributions=own, value=value))
    return study


def _ped_anova(study: optuna.Study) -> dict[str, float]:
    evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=TARGET_QUANTILE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of rare options, one warning each
        found = evaluator.evaluate(study)
    total = sum(found.values())  # Optuna would give every choice an equal share where this is 0
    return {name: found[name] / total for name in sorted(found, key=lambda name: -found[name])} if total else {}

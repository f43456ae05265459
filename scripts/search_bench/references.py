"""What else one could search with: general optimisers and published methods over the flat joint space.

Each is a `Searcher` over a space without decisions, so it is asked and told by the same session as ours. Unlike our
own searchers they keep state: their libraries do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import optuna
from optuna.distributions import CategoricalDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import TrialState
from typing_extensions import override

from gnas_ray.core import Ending, Value
from gnas_ray.ledger import Ledger
from gnas_ray.searchers import Searcher
from gnas_ray.searchers.base import NOTHING
from gnas_ray.space import SearchSpace


class FlatOptuna(Searcher):
    """An Optuna study of its own: `ask` for each proposal, `tell` for each trial that has ended since.

    Args:
        space: Without decisions.
        ledger: What is known.
        sampler: Optuna's, which sees running trials as running.
    """

    def __init__(self, space: SearchSpace, ledger: Ledger, sampler: BaseSampler) -> None:
        super().__init__(space, ledger=ledger)
        self._study = optuna.create_study(sampler=sampler, direction="maximize")

    @override
    def propose(
        self, architecture: Mapping[str, Value], *, seed: int, fixed: Mapping[str, Value] = NOTHING
    ) -> dict[str, Value]:
        for trial in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            record = self.ledger.trial(trial.number)
            if record.outcome is None:
                continue
            if record.outcome.ending is Ending.FAILED:
                self._study.tell(trial.number, state=TrialState.FAIL)
            else:
                self._study.tell(trial.number, record.measurements[-1].metrics[self.ledger.objective])
        trial_of_study = self._study.ask(
            {name: d for name, d in self.ledger.distributions.items() if isinstance(d, CategoricalDistribution)}
        )
        return self.space.decide_hyperparameters({}, lambda h: trial_of_study.params[h.name])


REFERENCES: Mapping[str, Callable[[SearchSpace, Ledger, int], Searcher]] = {
    "optuna_tpe": lambda space, ledger, seed: FlatOptuna(space, ledger, TPESampler(seed=seed)),
}
"""By name: made from a flat space, its ledger and a seed."""

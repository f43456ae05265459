"""Optuna's tree-structured Parzen estimator, given the architecture."""

from __future__ import annotations

import random
from collections.abc import Container, Mapping
from copy import copy
from functools import cache

import numpy as np
import optuna
from optuna.samplers import TPESampler
from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState
from typing_extensions import override

from gnas_ray.core import Value, derive_seed
from gnas_ray.ledger import Ledger
from gnas_ray.searchers.base import NOTHING, Judged, Searcher
from gnas_ray.space import Categorical, Hyperparameter, SearchSpace
from gnas_ray.surrogates.gaussian_process import representatives

MAX_TRIALS = 200
"""Trials that it looks at, so that its cost is bounded however long the search."""


class _ReadOnly(InMemoryStorage):
    """Trials as they are: to add them to a study would copy each deeply, a millisecond a trial."""

    def __init__(self, trials: list[FrozenTrial]) -> None:
        super().__init__()
        self._shown = trials

    @override
    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        return [trial for trial in self._shown if states is None or trial.state in states]


def _as_finished(trial: FrozenTrial, number: int, *, value: float) -> FrozenTrial:
    """Optuna can't tell stopped trials apart where there are several objectives (optuna #3450), and is slower where it
    can. It believes later trials more, by their numbers: later is here what ended later.
    """
    shown = copy(trial)
    shown.number, shown.state, shown.values = number, TrialState.COMPLETE, [value]
    return shown


class TPE(Searcher):
    """Proposes values that are likelier among good trials than among the others.

    Bergstra et al. 2011; in the multivariate form of Optuna 5 (Watanabe 2023, arXiv:2304.11127).
    Hyperparameters that are active under the same conditions are sampled together, from all trials that had them,
    whatever their architecture: so a condition's hyperparameters are learned from the architectures that meet it,
    and the others from all. Of more than `MAX_TRIALS` it sees the better half of that number and a spread of the
    others.

    Args:
        space: What may be proposed.
        ledger: What is known.
        num_startup_trials: Trials before which proposals are random.
        num_candidates: Draws of which the best is proposed.
    """

    def __init__(
        self, space: SearchSpace, *, ledger: Ledger, num_startup_trials: int = 10, num_candidates: int = 24
    ) -> None:
        if not 0 <= num_startup_trials <= MAX_TRIALS or num_candidates < 1:
            raise ValueError(
                f"num_startup_trials must be in 0..{MAX_TRIALS} and num_candidates at least 1, "
                f"got {num_startup_trials} and {num_candidates}"
            )
        super().__init__(space, ledger=ledger)
        self._num_startup_trials = num_startup_trials
        self._num_candidates = num_candidates

    @override
    def propose(
        self, architecture: Mapping[str, Value], judged: Judged, *, seed: int, fixed: Mapping[str, Value] = NOTHING
    ) -> dict[str, Value]:
        generator = random.Random(seed)
        drawn: dict[str, Value] = dict(fixed)
        study = cache(lambda: self._study_of(judged))  # only where something is drawn from it

        def given_or_drawn(hyperparameter: Hyperparameter) -> Value:
            if self._is_drawn_from_the_space(hyperparameter, judged):
                drawn.setdefault(hyperparameter.name, hyperparameter.sample(generator))
            if hyperparameter.name not in drawn:
                for name, value in self._draw(study(), seed, hyperparameter).items():
                    drawn.setdefault(name, value)
            return drawn[hyperparameter.name]

        return self.space.decide_hyperparameters(architecture, given_or_drawn)

    def _is_drawn_from_the_space(self, hyperparameter: Hyperparameter, judged: Judged) -> bool:
        """There is nothing to choose, or nothing known yet but which options are preferred."""
        if self.ledger.distributions[hyperparameter.name].single():
            return True
        is_weighted = isinstance(hyperparameter, Categorical) and bool(hyperparameter.weights)
        return is_weighted and len(judged) < self._num_startup_trials

    def _study_of(self, judged: Judged) -> optuna.Study:
        """Of the trials that were judged; of many, some that represent them."""
        trials = self.ledger.study.get_trials(deepcopy=False)
        places = np.empty(len(judged))  # of equals the later is ahead
        places[np.argsort(judged.ranks, kind="stable")] = np.arange(len(judged))
        chosen = representatives(places, MAX_TRIALS).tolist()
        shown = [
            _as_finished(trials[judged.numbers[i]], number, value=float(places[i])) for number, i in enumerate(chosen)
        ]
        return optuna.create_study(storage=_ReadOnly(shown), direction="maximize")

    def _sampler(self, seed: int) -> TPESampler:
        # A new one for each proposal: all its state is the study and this seed. Without constant_liar, which would
        # write to the trial that is only about to begin.
        return TPESampler(
            seed=seed % 2**32,
            n_startup_trials=self._num_startup_trials,
            n_ei_candidates=self._num_candidates,
            multivariate=True,
            constant_liar=False,
        )

    def _draw(self, study: optuna.Study, seed: int, asked: Hyperparameter) -> dict[str, Value]:
        """`asked` and those that share its conditions."""
        sampler = self._sampler(derive_seed(seed, asked.name))
        together = [h.name for h in self.space.hyperparameters if h.when == asked.when]
        distributions = {
            name: distribution for name in together if not (distribution := self.ledger.distributions[name]).single()
        }
        draft = optuna.create_trial(state=TrialState.RUNNING)
        drawn: dict[str, Value] = sampler.sample_relative(study, draft, distributions)
        return drawn or {
            name: sampler.sample_independent(study, draft, name, distribution)
            for name, distribution in distributions.items()
        }

"""Optuna's tree-structured Parzen estimator, given the architecture."""

from __future__ import annotations

import random
from collections.abc import Mapping

import optuna
from optuna.samplers import TPESampler
from optuna.trial import TrialState
from typing_extensions import override

from gnas_ray.core import Value, derive_seed
from gnas_ray.ledger import Ledger
from gnas_ray.searchers.base import NOTHING, Searcher
from gnas_ray.space import Hyperparameter, SearchSpace


class TPE(Searcher):
    """Proposes values that are likelier among good trials than among the others.

    Bergstra et al. 2011; in the multivariate form of Optuna 5 (Watanabe 2023, arXiv:2304.11127).
    Hyperparameters that are active under the same conditions are sampled together, from all trials that had them,
    whatever their architecture: so a condition's hyperparameters are learned from the architectures that meet it,
    and the others from all. Optuna ranks finished trials first, then stopped ones by how far they came and by their
    last value there; failed trials it does not see.

    Args:
        space: What may be proposed.
        ledger: What is known.
        num_startup_trials: Finished and stopped trials before which proposals are random.
        num_candidates: Draws of which the best is proposed.
    """

    def __init__(
        self, space: SearchSpace, *, ledger: Ledger, num_startup_trials: int = 10, num_candidates: int = 24
    ) -> None:
        if num_startup_trials < 0 or num_candidates < 1:
            raise ValueError(
                f"num_startup_trials must be at least 0 and num_candidates at least 1, "
                f"got {num_startup_trials} and {num_candidates}"
            )
        super().__init__(space, ledger=ledger)
        self._num_startup_trials = num_startup_trials
        self._num_candidates = num_candidates

    @override
    def propose(
        self, architecture: Mapping[str, Value], *, seed: int, fixed: Mapping[str, Value] = NOTHING
    ) -> dict[str, Value]:
        generator = random.Random(seed)
        drawn: dict[str, Value] = dict(fixed)

        def given_or_drawn(hyperparameter: Hyperparameter) -> Value:
            if self.ledger.distributions[hyperparameter.name].single():
                drawn.setdefault(hyperparameter.name, hyperparameter.sample(generator))
            if hyperparameter.name not in drawn:
                for name, value in self._draw(seed, hyperparameter).items():
                    drawn.setdefault(name, value)
            return drawn[hyperparameter.name]

        return self.space.decide_hyperparameters(architecture, given_or_drawn)

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

    def _draw(self, seed: int, asked: Hyperparameter) -> dict[str, Value]:
        """`asked` and those that share its conditions."""
        sampler = self._sampler(derive_seed(seed, asked.name))
        together = [h.name for h in self.space.hyperparameters if h.when == asked.when]
        distributions = {
            name: distribution for name in together if not (distribution := self.ledger.distributions[name]).single()
        }
        study = self.ledger.study
        draft = optuna.create_trial(state=TrialState.RUNNING)
        drawn: dict[str, Value] = sampler.sample_relative(study, draft, distributions)
        return drawn or {
            name: sampler.sample_independent(study, draft, name, distribution)
            for name, distribution in distributions.items()
        }

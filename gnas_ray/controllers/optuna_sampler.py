"""Optuna's samplers over architectures.

The one controller that imports Optuna: the import contract "Optuna only in ledger and searchers" makes an
exception for this module, and for no other of the room. Its study is in memory and read by nobody else.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler, GPSampler, NSGAIISampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState
from typing_extensions import override

from gnas_ray.controllers.base import Controller, Probabilities
from gnas_ray.controllers.episodes import Episode, Episodes, rank_advantages
from gnas_ray.controllers.evolution import mutate
from gnas_ray.core import Proposal, Value
from gnas_ray.ledger.storage import quiet_optuna
from gnas_ray.space import Decision, SearchSpace
from gnas_ray.surrogates import Array
from gnas_ray.surrogates.gaussian_process import representatives

_INACTIVE = -1
_MAX_TRIALS = 200
"""Trials that its study has at most, so that its cost is bounded however long the search."""


def _tpe(seed: int, num_startup_trials: int) -> BaseSampler:
    # Without constant_liar: no other trial of this study runs.
    return TPESampler(seed=seed, n_startup_trials=num_startup_trials, multivariate=True, constant_liar=False)


def _gp(seed: int, num_startup_trials: int) -> BaseSampler:
    return GPSampler(seed=seed, n_startup_trials=num_startup_trials, warn_independent_sampling=False)


def _nsga2(seed: int, num_startup_trials: int) -> BaseSampler:
    return NSGAIISampler(seed=seed, population_size=num_startup_trials)


def _random(seed: int, num_startup_trials: int) -> BaseSampler:
    return RandomSampler(seed=seed)


_SAMPLERS: Mapping[str, Callable[[int, int], BaseSampler]] = {
    "tpe": _tpe,
    "gp": _gp,
    "nsga2": _nsga2,
    "random": _random,
}
_MAX_CANDIDATES = {"tpe": 3, "gp": 1}


class OptunaSampler(Controller):
    """Asks one of Optuna's samplers.

    Its study has the trials that ended or reached a rung, with the ranks of their rewards for values. Of more than
    `_MAX_TRIALS` it has the better half of that number and a spread of the others.

    ``tpe`` is the multivariate tree-structured Parzen estimator (Bergstra et al. 2011; Watanabe 2023,
    arXiv:2304.11127), ``gp`` a Gaussian process with expected improvement, ``nsga2`` NSGA-II (Deb et al. 2002), whose
    parents are the best of all full generations, and ``random`` is random. Optuna's others don't fit: CMA-ES and
    quasi-random sampling have no categories, NSGA-III is another than NSGA-II only with several values (a reward is
    one), and exhaustive search is the controller ``grid``.

    Samplers learn what decisions do together only where every trial has them, so every decision that has conditions
    has one category more, which says that it was inactive. The sampler proposes all of them; then, decision by
    decision, what is not active is dropped, and what is, though the sampler thought not, is uniform. Where all is
    categorical, samplers like to repeat themselves, and asked again they give it again; so what was tried is mutated.

    A sample takes some 15 milliseconds with ``tpe``, and half a second with ``gp``, which fits its process for each. So
    a surrogate gets three and one of them to compare, beside mutations and random members.

    Args:
        space: What may be proposed.
        seed: Of its proposals.
        sampler: Which of Optuna's.
        num_startup_trials: Architectures with a reward before which proposals are random; with ``nsga2`` the size of a
            generation.
    """

    max_draws = 10

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        sampler: Literal["tpe", "gp", "nsga2", "random"] = "tpe",
        num_startup_trials: int = 10,
    ) -> None:
        if sampler not in _SAMPLERS:
            raise ValueError(f"sampler must be one of {', '.join(_SAMPLERS)}, got {sampler!r}")
        if num_startup_trials < 2:
            raise ValueError(f"num_startup_trials must be at least 2, got {num_startup_trials}")
        super().__init__(space, seed=seed)
        self._name = sampler
        self._make_sampler = _SAMPLERS[sampler]
        self.max_candidates = _MAX_CANDIDATES.get(sampler, Controller.max_candidates)
        self._num_startup_trials = num_startup_trials
        self._distributions = {decision.name: _distribution(decision) for decision in space.decisions}
        self._ended = Episodes.of([])
        self._study: optuna.Study | None = None

    @override
    def sample(self, generator: random.Random) -> Proposal:
        sampled = self._ask(generator.getrandbits(32))

        def choose(decision: Decision) -> Value:
            index = sampled.get(decision.name, _INACTIVE)
            return decision.sample(generator) if index == _INACTIVE else decision.options[index]

        architecture = self.space.decide(choose)
        if self._novelty.is_tried(self.space.key(architecture)):
            child = mutate(self.space, architecture, generator)
            return Proposal(child, "mutation", policy_version=self.policy_version)
        return Proposal(architecture, "optuna", policy_version=self.policy_version)

    @override
    def learn(self, rollout: Sequence[Episode], known: Episodes) -> None:
        self._ended = known
        self._study = None

    @override
    def probabilities(self) -> Probabilities:
        """Empty: Optuna's samplers don't tell theirs."""
        return {}

    def _ask(self, seed: int) -> Mapping[str, int]:
        """The index of each decision's option, or that it is inactive; some or all missing where the sampler has none.

        A function of the seed and the trials that ended: samplers don't see failed trials, so the draft is gone as if
        it had never been.
        """
        study = self._study = self._study or self._make_study()
        sampler = self._make_sampler(seed, self._num_startup_trials)
        trial = study.ask()
        (draft,) = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        several = {name: d for name, d in self._distributions.items() if not d.single()}
        sampled: dict[str, int] = sampler.sample_relative(study, draft, several)
        study.tell(trial, state=TrialState.FAIL)
        return sampled

    def _make_study(self) -> optuna.Study:
        """Of the trials that ended by the last update."""
        quiet_optuna()
        study = optuna.create_study(direction="maximize")
        rewarded = self._ended.distinct()
        if len(rewarded):
            values = rank_advantages(rewarded.rewards, rewarded.rewards)
            for index in self._shown(rewarded.rewards):
                study.add_trial(self._trial(rewarded[index].proposal.architecture, float(values[index])))
        return study

    def _shown(self, rewards: Array) -> list[int]:
        """Indices of the trials that its study has; of NSGA-II the next generation's parents."""
        if self._name != "nsga2":
            return list(representatives(rewards, _MAX_TRIALS))
        size = self._num_startup_trials
        full = rewards[: len(rewards) // size * size]
        return list(np.argsort(-full, kind="stable")[:size])

    def _trial(self, architecture: Mapping[str, Value], value: float) -> FrozenTrial:
        params = {
            d.name: d.options.index(architecture[d.name]) if d.name in architecture else _INACTIVE
            for d in self.space.decisions
        }
        # Parents are of the first generation: so they are a whole one, and what is sampled is of the next.
        generation = {NSGAIISampler._get_generation_key(): 0}
        return optuna.create_trial(
            value=value, params=params, distributions=self._distributions, system_attrs=generation
        )


def _distribution(decision: Decision) -> BaseDistribution:
    """Over the options' indices, for any value may be an option."""
    indices = range(len(decision.options))
    return CategoricalDistribution([*indices, _INACTIVE] if decision.when.names else indices)

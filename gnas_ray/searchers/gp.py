"""A Gaussian process over architectures and hyperparameters together."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

import numpy as np
from typing_extensions import override

from gnas_ray.core import Ending, Value
from gnas_ray.ledger import Ended, Ledger, TrialRecord
from gnas_ray.searchers.base import NOTHING, Searcher
from gnas_ray.searchers.tpe import TPE
from gnas_ray.space import Hyperparameter, SearchSpace
from gnas_ray.surrogates import (
    MAX_FITTED,
    MAX_POINTS,
    Array,
    Encoding,
    GaussianProcess,
    KernelParameters,
    fit_kernel,
    growing_number,
    normal_scores,
    perturb,
    representatives,
)

_NUM_ELITES = 10
_STEP = 0.1
"""Standard deviation of a perturbation, as a share of a hyperparameter's range."""
_CHANGE = 0.5
"""Chance that a perturbation changes a hyperparameter."""


class GP(Searcher):
    """Picks, of Optuna's proposal, the elite's hyperparameters perturbed and random ones, the most promising.

    The upper confidence bound of a Gaussian process over decisions and hyperparameters decides, so what one
    architecture taught is used for another as far as they are alike. Trials are ranked as Optuna does: finished ones
    by value, then stopped ones by how far they came and by their value there. Trials that run are taken to end as
    predicted.

    Args:
        space: What may be proposed.
        ledger: What is known.
        num_startup_trials: Ended trials before which Optuna's TPE alone proposes.
        num_candidates: Hyperparameters to pick from.
        exploration: Standard deviations above the mean in the confidence bound.
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        ledger: Ledger,
        num_startup_trials: int = 10,
        num_candidates: int = 200,
        exploration: float = 1.0,
    ) -> None:
        super().__init__(space, ledger=ledger)
        self._tpe = TPE(space, ledger=ledger, num_startup_trials=num_startup_trials)
        self._encoding = Encoding((*space.decisions, *space.hyperparameters))
        self._num_startup_trials = num_startup_trials
        self._num_candidates = num_candidates
        self._exploration = exploration
        self._fitted: tuple[int, KernelParameters] | None = None

    @override
    def propose(
        self, architecture: Mapping[str, Value], *, seed: int, fixed: Mapping[str, Value] = NOTHING
    ) -> dict[str, Value]:
        first = self._tpe.propose(architecture, seed=seed, fixed=fixed)
        in_order = (self.ledger.trial(event.number) for event in self.ledger.events() if isinstance(event, Ended))
        ended = [record for record in in_order if not record.is_failed and record.measurements]
        if len(ended) < self._num_startup_trials or len(first) == len(fixed):
            return first
        scores = normal_scores(_ranks(ended, self.ledger.objective))
        generator = random.Random(seed)
        elite = [ended[i] for i in np.argsort(-scores, kind="stable")[:_NUM_ELITES]]
        candidates = [first]
        while len(candidates) < self._num_candidates:
            near = generator.choice(elite).spec.hyperparameters if len(candidates) % 4 else NOTHING
            candidates.append(self._candidate(architecture, near, fixed, generator))
        process = self._process(ended, scores)
        mean, deviation = process.predict(self._encoding.encode([{**architecture, **c} for c in candidates]))
        return candidates[int(np.argmax(mean + self._exploration * deviation))]

    def _candidate(
        self,
        architecture: Mapping[str, Value],
        near: Mapping[str, Value],
        fixed: Mapping[str, Value],
        generator: random.Random,
    ) -> dict[str, Value]:
        def choose(hyperparameter: Hyperparameter) -> Value:
            name = hyperparameter.name
            if name in fixed:
                return fixed[name]
            if name not in near:
                return hyperparameter.sample(generator)
            if generator.random() > _CHANGE:
                return near[name]
            return perturb(hyperparameter, near[name], generator, step=_STEP)

        return self.space.decide_hyperparameters(architecture, choose)

    def _process(self, ended: Sequence[TrialRecord], scores: Array) -> GaussianProcess:
        points = representatives(scores, MAX_POINTS)
        codes = self._codes([ended[i] for i in points])
        num_fitted = growing_number(self._num_startup_trials, len(ended))
        if self._fitted is None or self._fitted[0] != num_fitted:
            known = ended[:num_fitted]
            known_scores = normal_scores(_ranks(known, self.ledger.objective))
            chosen = representatives(known_scores, MAX_FITTED)
            kernel = fit_kernel(self._encoding, self._codes([known[i] for i in chosen]), known_scores[chosen])
            self._fitted = num_fitted, kernel
        process = GaussianProcess(self._fitted[1], self._encoding, codes, scores[points])
        running = [record for record in self.ledger.trials() if record.outcome is None]
        return process.believing(self._codes(running))

    def _codes(self, records: Sequence[TrialRecord]) -> Array:
        return self._encoding.encode([{**r.spec.architecture, **r.spec.hyperparameters} for r in records])


def _ranks(records: Sequence[TrialRecord], objective: str) -> Array:
    """Higher is better; equal for equals."""
    keys = [
        (
            math.inf if record.outcome and record.outcome.ending is Ending.FINISHED else record.fidelity,
            record.best(objective),
        )
        for record in records
    ]
    place = {key: float(i) for i, key in enumerate(sorted(set(keys)))}
    return np.array([place[key] for key in keys])

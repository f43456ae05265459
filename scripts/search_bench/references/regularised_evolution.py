"""Regularised evolution over everything at once, as published."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Mapping

from typing_extensions import override

from gnas_ray.core import Value
from gnas_ray.ledger import Ledger, TrialRecord
from gnas_ray.space import SearchSpace
from gnas_ray.surrogates import has_alternatives, perturb
from search_bench.references.base import Reference

POPULATION_SIZE = 20
TOURNAMENT_SIZE = 5
STEP = 0.2
"""Standard deviation of a number's change, as a share of its range."""


class RegularisedEvolution(Reference):
    """The population is the last trials that ended with a value, a child its best of a few with one choice changed.

    Real et al. 2019 (arXiv:1802.01548), algorithm 1, with the sizes that `Evolution` has by default, which suit some
    hundred trials. What the change makes active is random. A child may have been tried before.

    Args:
        space: Flat.
        ledger: What is known.
        seed: Of its proposals.
    """

    def __init__(self, space: SearchSpace, ledger: Ledger, seed: int) -> None:
        super().__init__(space, ledger)
        self._generator = random.Random(seed)
        self._population: deque[tuple[float, Mapping[str, Value]]] = deque(maxlen=POPULATION_SIZE)

    @override
    def ask(self, number: int) -> Mapping[str, Value]:
        values = {choice.name: choice.sample(self._generator) for choice in self.space.hyperparameters}
        if len(self._population) < POPULATION_SIZE:
            return values
        _, parent = max(self._generator.sample(self._population, TOURNAMENT_SIZE), key=lambda pair: pair[0])
        active = [choice for choice in self.space.hyperparameters if choice.name in parent]
        changed = self._generator.choice([choice for choice in active if has_alternatives(choice)])
        value = perturb(changed, parent[changed.name], self._generator, step=STEP)
        return {**values, **parent, changed.name: value}

    @override
    def tell(self, record: TrialRecord) -> None:
        best = None if record.is_in_vain else self.ledger.objectives.best(record.measurements)
        if best is not None:
            self._population.append((best.metrics[self.ledger.objective], record.spec.hyperparameters))

"""Random hyperparameters."""

from __future__ import annotations

import random
from collections.abc import Mapping

from typing_extensions import override

from gnas_ray.core import Value
from gnas_ray.ledger import Ledger
from gnas_ray.searchers.base import NOTHING, Judged, Searcher
from gnas_ray.space import Hyperparameter, SearchSpace


class Uniform(Searcher):
    """Each hyperparameter independently at random; the yardstick for all others."""

    def __init__(self, space: SearchSpace, *, ledger: Ledger) -> None:
        super().__init__(space, ledger=ledger)

    @override
    def propose(
        self, architecture: Mapping[str, Value], judged: Judged, *, seed: int, fixed: Mapping[str, Value] = NOTHING
    ) -> dict[str, Value]:
        generator = random.Random(seed)

        def given_or_sampled(hyperparameter: Hyperparameter) -> Value:
            sampled = hyperparameter.sample(generator)
            return fixed.get(hyperparameter.name, sampled)

        return self.space.decide_hyperparameters(architecture, given_or_sampled)

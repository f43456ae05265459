"""A plain Gaussian process over options, the strongest simple searcher on these tables."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.stats import norm
from typing_extensions import override

from gnas_ray.core import Value
from gnas_ray.ledger import Ledger, TrialRecord
from gnas_ray.space import Categorical, SearchSpace
from search_bench.references.base import Reference

Array = NDArray[np.float64]

NUM_STARTUP_TRIALS = 10
NUM_RANDOM = 100
NUM_MUTATED = 100
NUM_ELITE = 10
CONFIDENCE = 2.0
"""Standard deviations above the mean at which candidates are compared."""
LENGTH = 2.0
"""Differing choices over which the correlation falls to 1/e."""
NOISE = 0.05
"""Variance of targets around the process, whose own is 1."""


class GPHamming(Reference):
    """Gaussian process upper confidence bound (Srinivas et al. 2010, arXiv:0912.3995) with a Hamming kernel.

    ``exp(-differing choices / LENGTH)`` on rank-normal targets. Candidates are uniform members and single mutations
    of the best ten, new ones only; running trials are not proposed again and otherwise ignored, and so are failed
    ones. The constants are about the best of a few tried on cora, citeseer and protein_structure, where a length and
    noise of highest marginal likelihood were no better.

    Args:
        space: Flat, without conditions, every choice with options.
        ledger: What is known.
        seed: Of its candidates.
    """

    def __init__(self, space: SearchSpace, ledger: Ledger, seed: int) -> None:
        super().__init__(space, ledger)
        self._options = {c.name: c.options for c in space.hyperparameters if isinstance(c, Categorical)}
        self._generator = random.Random(seed)
        self._asked: set[tuple[int, ...]] = set()
        self._members: list[tuple[int, ...]] = []
        self._values: list[float] = []

    @override
    def ask(self, number: int) -> Mapping[str, Value]:
        candidates = self._candidates()
        chosen = candidates[0]
        if len(self._values) >= NUM_STARTUP_TRIALS:
            bounds = upper_bounds(np.array(self._members), np.array(self._values), np.array(candidates))
            chosen = candidates[int(np.argmax(bounds))]
        self._asked.add(chosen)
        return {name: options[i] for (name, options), i in zip(self._options.items(), chosen, strict=True)}

    @override
    def tell(self, record: TrialRecord) -> None:
        if not record.is_in_vain:
            values = record.spec.hyperparameters
            self._members.append(tuple(options.index(values[name]) for name, options in self._options.items()))
            self._values.append(record.value(self.ledger.objectives))

    def _candidates(self) -> list[tuple[int, ...]]:
        elite = [self._members[i] for i in np.argsort(self._values)[::-1][:NUM_ELITE]]
        drawn = [self._uniform() for _ in range(NUM_RANDOM)]
        drawn += [self._mutated(self._generator.choice(elite)) for _ in range(NUM_MUTATED if elite else 0)]
        new = [member for member in dict.fromkeys(drawn) if member not in self._asked]
        return new or drawn

    def _uniform(self) -> tuple[int, ...]:
        return tuple(self._generator.randrange(len(options)) for options in self._options.values())

    def _mutated(self, member: Sequence[int]) -> tuple[int, ...]:
        sizes = [len(options) for options in self._options.values()]
        place = self._generator.randrange(len(sizes))
        other = (member[place] + self._generator.randrange(1, sizes[place])) % sizes[place]
        return (*member[:place], other, *member[place + 1 :])


def upper_bounds(members: NDArray[np.int64], values: Array, candidates: NDArray[np.int64]) -> Array:
    """(c,) mean plus `CONFIDENCE` standard deviations at each candidate, in the units of rank-normal targets.

    Args:
        members: (n, choices), the index of the option of each choice.
        values: (n,).
        candidates: (c, choices).
    """
    ranks = values.argsort(kind="stable").argsort(kind="stable")
    targets = norm.ppf((ranks + 0.5) / len(ranks))
    kernel = np.exp(-(members[:, None] != members).sum(axis=2) / LENGTH)
    cross = np.exp(-(members[:, None] != candidates).sum(axis=2) / LENGTH)
    # Rasmussen and Williams 2006, algorithm 2.1.
    factor = cho_factor(kernel + NOISE * np.eye(len(targets)), lower=True)
    mean = cho_solve(factor, targets) @ cross
    explained = solve_triangular(factor[0], cross, lower=True)
    bounds: Array = mean + CONFIDENCE * np.sqrt(np.maximum(1 - (explained**2).sum(axis=0), 0))
    return bounds

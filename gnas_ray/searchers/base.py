"""What every searcher is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from gnas_ray.core import Value
from gnas_ray.ledger import Ledger
from gnas_ray.space import SearchSpace
from gnas_ray.surrogates import Array

NOTHING: Mapping[str, Value] = MappingProxyType({})


@dataclass(frozen=True)
class Judged:
    """Trials of which something is known.

    Attributes:
        numbers: (n,) in the order in which they ended, or reached a rung.
        ranks: (n,) higher is better, equals are equal. Below all others is what failed or would have broken a limit,
            or values with which nothing ever ends would seem rare among the others, and so good.
    """

    numbers: Sequence[int]
    ranks: Array

    def __len__(self) -> int:
        return len(self.numbers)


class Searcher(ABC):
    """Proposes hyperparameters for a given architecture.

    Attributes:
        space: What may be proposed.
        ledger: What is known; only read.
        may_repeat: Whether what it proposes is tried though it was tried before.
    """

    may_repeat: ClassVar[bool] = False

    def __init__(self, space: SearchSpace, *, ledger: Ledger) -> None:
        self.space = space
        self.ledger = ledger

    @abstractmethod
    def propose(
        self, architecture: Mapping[str, Value], judged: Judged, *, seed: int, fixed: Mapping[str, Value] = NOTHING
    ) -> dict[str, Value]:
        """Every hyperparameter that is active, in the space's order.

        Depends on the arguments and on what the ledger holds, and on nothing else; writes nothing.

        Args:
            architecture: A member's, canonical.
            judged: How good the ledger's trials are.
            seed: Of this proposal; another for each trial.
            fixed: Hyperparameters that are given already, and returned as they are.
        """

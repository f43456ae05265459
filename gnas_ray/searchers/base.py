"""What every searcher is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from gnas_ray.core import Value
from gnas_ray.ledger import Ledger
from gnas_ray.space import SearchSpace

NOTHING: Mapping[str, Value] = MappingProxyType({})


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
        self, architecture: Mapping[str, Value], *, seed: int, fixed: Mapping[str, Value] = NOTHING
    ) -> dict[str, Value]:
        """Every hyperparameter that is active, in the space's order.

        Depends on the arguments and on what the ledger holds, and on nothing else; writes nothing.

        Args:
            architecture: A member's, canonical.
            seed: Of this proposal; another for each trial.
            fixed: Hyperparameters that are given already, and returned as they are.
        """

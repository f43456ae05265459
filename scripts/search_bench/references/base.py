"""What the references share: a search that is asked and told."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

from typing_extensions import override

from gnas_ray.core import Value
from gnas_ray.ledger import Ledger, TrialRecord
from gnas_ray.searchers import Judged, Searcher
from gnas_ray.searchers.base import NOTHING
from gnas_ray.space import SearchSpace


class Reference(Searcher):
    """Hears of every trial that has ended, once, before it is asked for another. What it repeats is tried again.

    Args:
        space: Without decisions, so every choice is a hyperparameter.
        ledger: Of one search that this one alone proposes for.
    """

    may_repeat = True

    def __init__(self, space: SearchSpace, ledger: Ledger) -> None:
        super().__init__(space, ledger=ledger)
        self._running: set[int] = set()

    @abstractmethod
    def ask(self, number: int) -> Mapping[str, Value]:
        """A value for every active choice, and perhaps others, for trial `number`."""

    @abstractmethod
    def tell(self, record: TrialRecord) -> None:
        """A trial that it was asked for has ended."""

    @override
    def propose(
        self, architecture: Mapping[str, Value], judged: Judged, *, seed: int, fixed: Mapping[str, Value] = NOTHING
    ) -> dict[str, Value]:
        for number in sorted(self._running):
            record = self.ledger.trial(number)
            if record.outcome is not None:
                self._running.remove(number)
                self.tell(record)
        number = self.ledger.num_trials
        self._running.add(number)
        values = self.ask(number)
        return self.space.decide_hyperparameters(architecture, lambda choice: values[choice.name])

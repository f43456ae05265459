"""Optuna over everything at once, by `ask` and `tell`."""

from __future__ import annotations

from collections.abc import Mapping

import optuna
from optuna.samplers import BaseSampler
from optuna.trial import Trial, TrialState
from typing_extensions import override

from gnas_ray.core import Ending, Value
from gnas_ray.ledger import Ledger, TrialRecord
from gnas_ray.space import SearchSpace
from real_bench.flat_space import suggest
from search_bench.references.base import Reference


class OptunaStudy(Reference):
    """Optuna as its authors mean it: define-by-run, so it hears of active choices only; what was stopped is told as
    pruned, with all that it measured. With several objectives nothing can be pruned there, and nothing is reported
    before the end.

    Attributes:
        study: Its own; trials have the ledger's numbers.

    Args:
        space: Flat.
        ledger: What is known.
        sampler: Seeded, and new: it sees running trials as running.
    """

    def __init__(self, space: SearchSpace, ledger: Ledger, sampler: BaseSampler) -> None:
        super().__init__(space, ledger)
        self.study = optuna.create_study(sampler=sampler, directions=ledger.study.directions)
        self._trials: dict[int, Trial] = {}

    @override
    def ask(self, number: int) -> Mapping[str, Value]:
        trial = self._trials[number] = self.study.ask()
        return self.space.decide_hyperparameters({}, lambda choice: suggest(trial, choice))

    @override
    def tell(self, record: TrialRecord) -> None:
        trial = self._trials.pop(record.number)
        for measurement in record.measurements if not self.ledger.objectives.is_several else ():
            trial.report(measurement.metrics[self.ledger.objective], measurement.fidelity)
        self._end(trial, record)

    def _end(self, trial: Trial, record: TrialRecord) -> None:
        if record.is_in_vain:
            self.study.tell(trial, state=TrialState.FAIL)
        elif record.outcome is not None and record.outcome.ending is Ending.STOPPED:
            self.study.tell(trial, state=TrialState.PRUNED)
        else:
            best = self.ledger.objectives.best(record.measurements)
            for constraint in self.ledger.objectives.constraints:
                if best is not None:
                    trial.set_constraint(str(constraint), constraint.violation(best.metrics[constraint.metric]))
            self.study.tell(trial, [best.metrics[name] for name in self.ledger.objectives.compared] if best else None)


class OptunaSearch(OptunaStudy):
    """Ray Tune's `OptunaSearch` (Ray 2.60): a trial that the scheduler stops is told as complete, with its last values.

    So what was measured after one epoch is compared with what was measured after all of them. On tables without
    learning curves nothing is stopped, and this is `OptunaStudy` with TPE.
    """

    @override
    def _end(self, trial: Trial, record: TrialRecord) -> None:
        if record.is_in_vain:
            self.study.tell(trial, state=TrialState.FAIL)
        else:
            last = record.measurements[-1].metrics
            self.study.tell(trial, [last[name] for name in self.ledger.objectives.compared])

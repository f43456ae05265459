"""Optuna's tree-structured Parzen estimator, given the architecture."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from copy import copy
from itertools import islice
from typing import NamedTuple

import numpy as np
import optuna
from optuna.samplers import TPESampler
from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState
from typing_extensions import override

from gnas_ray.core import Ending, Failure, Merit, Objectives, Value, derive_seed
from gnas_ray.core.ranking import places
from gnas_ray.ledger import Ledger, TrialRecord
from gnas_ray.searchers.base import NOTHING, Searcher
from gnas_ray.space import Categorical, Hyperparameter, SearchSpace
from gnas_ray.surrogates import Array
from gnas_ray.surrogates.gaussian_process import growing_number, representatives

MAX_TRIALS = 200
"""Trials that it looks at, so that its cost is bounded however long the search."""


class _ReadOnly(InMemoryStorage):
    """Trials as they are: to add them to a study would copy each deeply, a millisecond a trial."""

    def __init__(self, trials: list[FrozenTrial]) -> None:
        super().__init__()
        self._shown = trials

    @override
    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        return [trial for trial in self._shown if states is None or trial.state in states]


def _as_finished(trial: FrozenTrial, number: int, *, value: float) -> FrozenTrial:
    """Optuna can't tell stopped trials apart where there are several objectives (optuna #3450), and is slower where it
    can. It believes later trials more, by their numbers: later is here what ended later.
    """
    shown = copy(trial)
    shown.number, shown.state, shown.values = number, TrialState.COMPLETE, [value]
    return shown


class _Standing(NamedTuple):
    """How a trial ranks: whether it keeps the constraints, how far it came if it does, and how good it was.

    `number` and `record` say of which trial it is, and of what was known of it.
    """

    number: int
    record: TrialRecord
    keeps: bool
    reached: float
    merit: Merit

    @classmethod
    def of(cls, record: TrialRecord, objectives: Objectives) -> _Standing | None:
        """By its best measurement; None where its values had nothing to do with how it went."""
        nothing = Merit(math.inf, ())
        if record.outcome is not None and record.is_in_vain:
            is_lost = record.outcome.failure is Failure.WORKER_LOST
            return None if is_lost else cls(record.number, record, keeps=False, reached=-1.0, merit=nothing)
        if not record.measurements:
            return None
        best = objectives.best(record.measurements)
        merit = objectives.merit(best.metrics) if best else nothing
        is_finished = record.outcome is not None and record.outcome.ending is Ending.FINISHED
        reached = math.inf if is_finished else float(record.fidelity)
        keeps = merit.violation == 0
        return cls(record.number, record, keeps, reached if keeps else 0.0, merit)


class TPE(Searcher):
    """Proposes values that are likelier among good trials than among the others.

    Bergstra et al. 2011; in the multivariate form of Optuna 5 (Watanabe 2023, arXiv:2304.11127).
    Hyperparameters that are active under the same conditions are sampled together, from all trials that had them,
    whatever their architecture: so a condition's hyperparameters are learned from the architectures that meet it,
    and the others from all. Finished trials rank first, then the others by how far they came and by their best value
    there; where there are several objectives or constraints, first those that keep the constraints, and those that came
    as far as each other by `core.ranking`. Trials that failed or would have broken a limit are last, whatever they
    measured, or values with which nothing ever ends would seem rare among the others, and so good; whose worker was
    lost are not seen. Of more than `MAX_TRIALS` it sees the better half of that number and a spread of the others.

    Args:
        space: What may be proposed.
        ledger: What is known.
        num_startup_trials: Trials before which proposals are random.
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
        self._excerpt: tuple[tuple[int, int], optuna.Study] | None = None
        self._standings: dict[int, _Standing] = {}

    @override
    def propose(
        self, architecture: Mapping[str, Value], *, seed: int, fixed: Mapping[str, Value] = NOTHING
    ) -> dict[str, Value]:
        generator = random.Random(seed)
        drawn: dict[str, Value] = dict(fixed)

        def given_or_drawn(hyperparameter: Hyperparameter) -> Value:
            if self._is_drawn_from_the_space(hyperparameter):
                drawn.setdefault(hyperparameter.name, hyperparameter.sample(generator))
            if hyperparameter.name not in drawn:
                for name, value in self._draw(seed, hyperparameter).items():
                    drawn.setdefault(name, value)
            return drawn[hyperparameter.name]

        return self.space.decide_hyperparameters(architecture, given_or_drawn)

    def _is_drawn_from_the_space(self, hyperparameter: Hyperparameter) -> bool:
        """There is nothing to choose, or nothing known yet but which options are preferred."""
        if self.ledger.distributions[hyperparameter.name].single():
            return True
        is_weighted = isinstance(hyperparameter, Categorical) and bool(hyperparameter.weights)
        return is_weighted and len(self._study().get_trials(deepcopy=False)) < self._num_startup_trials

    def _study(self) -> optuna.Study:
        """Of the trials that have ended or reached a rung; of many, some that represent them.

        Those are chosen anew when a tenth more have, and when more is known of one of them.
        """
        judged = self.ledger.judged
        number = growing_number(MAX_TRIALS, len(judged)) if len(judged) > MAX_TRIALS else len(judged)
        version = number, self.ledger.num_revisions
        if self._excerpt is None or self._excerpt[0] != version:
            self._excerpt = version, self._make_excerpt(islice(judged, number))
        return self._excerpt[1]

    def _make_excerpt(self, numbers: Iterable[int]) -> optuna.Study:
        known = self._known(numbers)
        ranks = self._ranks(known)
        trials = self.ledger.study.get_trials(deepcopy=False)
        chosen = representatives(ranks, MAX_TRIALS)
        shown = [_as_finished(trials[known[i].number], n, value=float(ranks[i])) for n, i in enumerate(chosen)]
        return optuna.create_study(storage=_ReadOnly(shown), direction="maximize")

    def _known(self, numbers: Iterable[int]) -> list[_Standing]:
        """Of those trials whose values had to do with how they went, each worked out anew when its record changed."""
        known = []
        for number in numbers:
            record, standing = self.ledger.trial(number), self._standings.get(number)
            if standing is None or standing.record is not record:
                standing = _Standing.of(record, self.ledger.objectives)
                if standing is None:
                    continue
                self._standings[number] = standing
            known.append(standing)
        return [standing for standing in known if standing.number not in self.ledger.set_aside]

    def _ranks(self, known: Sequence[_Standing]) -> Array:
        """As Optuna ranks trials: how far they came, and how good they were there; first who keeps the constraints."""
        place = np.zeros(len(known))
        if self.ledger.objectives.is_plain:
            place[:] = [standing.merit.values[0] if standing.keeps else 0.0 for standing in known]
        else:
            alike: dict[tuple[bool, float], list[int]] = defaultdict(list)
            for index, standing in enumerate(known):
                if standing.reached >= 0:
                    alike[standing.keeps, standing.reached].append(index)
            for indices in alike.values():
                place[indices] = places([known[index].merit for index in indices])
        keeps = np.array([standing.keeps for standing in known], dtype=bool)
        reached = np.array([standing.reached for standing in known], dtype=float)
        ranks = np.empty(len(known))
        ranks[np.lexsort((place, reached, keeps))] = np.arange(len(known))
        return ranks

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
        study = self._study()
        draft = optuna.create_trial(state=TrialState.RUNNING)
        drawn: dict[str, Value] = sampler.sample_relative(study, draft, distributions)
        return drawn or {
            name: sampler.sample_independent(study, draft, name, distribution)
            for name, distribution in distributions.items()
        }

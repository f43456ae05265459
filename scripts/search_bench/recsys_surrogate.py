"""What the learning curve of a member would be that was not trained, and how well that is predicted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor  # type: ignore[import-untyped]
from sklearn.model_selection import GroupKFold, KFold  # type: ignore[import-untyped]

from gnas_ray.core import Value
from gnas_ray.experiment.prior import every_round
from gnas_ray.space import Float, Integer, SearchSpace
from gnas_ray.surrogates import Array
from gnas_ray.surrogates.encoding import place
from gnas_ray.surrogates.gaussian_process import normal_scores
from search_bench.recsys_members import TrainedMember

FOLDS = 10
_NUM_TREES = 100
_ALMOST_NOTHING = 1e-9
"""Less than any member reaches that has learned something."""


class CurveModel:
    """Boosted trees for how good a member is and how quick, extremely randomised trees for how its curve goes.

    The best value of a curve is predicted by gradient boosting (Friedman 2002, Stochastic gradient boosting), whose
    sums of small trees rank members of many choices better than an average over leaves does. Its target is the normal
    score of a member's rank, and a prediction is read off the trained members' values: so none is better than the best
    of them. The curve is that value times the mean course of trained curves, each divided by its best (Geurts et al.
    2006); one that ended before the last epoch goes on at its last value. Seconds are boosted too, on their logarithm:
    those of the first epoch and the median of the others. So is the number of parameters.

    Args:
        space: What `trained` are members of.
        trained: Failed ones are left out.
        num_epochs: Length of all predicted curves.
    """

    def __init__(self, space: SearchSpace, trained: Sequence[TrainedMember], *, num_epochs: int) -> None:
        known = [member for member in trained if member.value is not None]
        self._space = space
        self._num_epochs = num_epochs
        rows = self._rows([member.choices for member in known])
        curves = np.array([prolonged(member.objective, num_epochs) for member in known])
        best = curves.max(axis=1)
        scores = normal_scores(best)
        self._quantiles = np.sort(scores), np.sort(best)
        self._best = _boosted(rows, scores)
        self._courses = ExtraTreesRegressor(_NUM_TREES, max_features=0.5, random_state=0)
        self._courses.fit(rows, curves / np.maximum(best, _ALMOST_NOTHING)[:, None])
        logarithms = np.log([_seconds(member) for member in known])
        self._seconds = [_boosted(rows, of_epoch) for of_epoch in logarithms.T]
        self._num_parameters = _boosted(rows, np.log([_num_parameters(member) for member in known]))

    def curves(self, members: Sequence[Mapping[str, Value]]) -> Array:
        """(members, epochs): the objective after each."""
        rows = self._rows(members)
        best = np.interp(self._best.predict(rows), *self._quantiles)
        courses = _predict(self._courses, rows)
        curves: Array = best[:, None] * courses / courses.max(axis=1, keepdims=True)
        return curves

    def seconds(self, members: Sequence[Mapping[str, Value]]) -> Array:
        """(members, epochs): what each takes."""
        rows = self._rows(members)
        first, others = (np.exp(boosted.predict(rows)) for boosted in self._seconds)
        seconds = np.repeat(others[:, None], self._num_epochs, axis=1)
        seconds[:, 0] = first
        return seconds

    def num_parameters(self, members: Sequence[Mapping[str, Value]]) -> Array:
        """(members,)."""
        numbers: Array = np.exp(self._num_parameters.predict(self._rows(members)))
        return numbers

    def _rows(self, members: Sequence[Mapping[str, Value]]) -> Array:
        return np.array([features(self._space, member) for member in members])


def _boosted(rows: Array, targets: Array) -> GradientBoostingRegressor:
    """Fitted, with what cross-validation over 277 members found best; it is level around there."""
    model = GradientBoostingRegressor(
        n_estimators=300,
        learning_rate=0.05,
        max_depth=4,
        min_samples_leaf=3,
        subsample=0.6,
        max_features=0.15,
        random_state=0,
    )
    return model.fit(rows, targets)


def _predict(trees: ExtraTreesRegressor, rows: Array) -> Array:
    """(rows, targets) what `trees.predict` says, which starts threads: ten times as long for a single row."""
    narrow = rows.astype(np.float32)
    predicted: Array = np.mean([tree.tree_.predict(narrow) for tree in trees.estimators_], axis=0)
    return predicted.reshape(len(rows), -1)


def features(space: SearchSpace, member: Mapping[str, Value]) -> list[float]:
    """Numbers by their place in the range, -1 where inactive; an indicator of each option; how many layers chose it."""
    row: list[float] = []
    num_rounds: dict[tuple[str, Value], float] = {}
    for choice in (*space.decisions, *space.hyperparameters):
        value = member.get(choice.name)
        if isinstance(choice, Float | Integer):
            row.append(-1.0 if value is None else place(choice, float(value)))
            continue
        for option in choice.options:
            is_chosen = float(value is not None and value == option)
            row.append(is_chosen)
            if (name := every_round(choice.name)) != choice.name:
                num_rounds[name, option] = num_rounds.get((name, option), 0.0) + is_chosen
    return [*row, *num_rounds.values()]


def prolonged(curve: Sequence[float], length: int) -> list[float]:
    """`curve`, and its last value for the rest."""
    return [*curve, *[curve[-1]] * (length - len(curve))]


def _seconds(member: TrainedMember) -> tuple[float, float]:
    first, *others = member.seconds
    return first, float(np.median(others or [first]))


def _num_parameters(member: TrainedMember) -> float:
    assert member.num_parameters is not None, "it did not fail in the first epoch"
    return member.num_parameters


@dataclass(frozen=True)
class Agreement:
    """Spearman's rank correlations of what was predicted of members that were held out with what they reached.

    Attributes:
        members: Which ones.
        count: How many.
        best: Of the best value of the curve.
        at_epoch: Of the value after the epoch asked for.
        seconds: Of the median seconds of an epoch.
        num_parameters: Of the number of parameters.
    """

    members: str
    count: int
    best: float
    at_epoch: float
    seconds: float
    num_parameters: float


def cross_validate(
    space: SearchSpace,
    trained: Sequence[TrainedMember],
    *,
    num_epochs: int,
    epoch: int,
    whole_families: bool = False,
    folds: int = FOLDS,
) -> list[Agreement]:
    """Of all members that did not fail, the random ones, the mutations, and the better half, which is the hardest.

    With `whole_families`, what descends from one member by mutations is held out together: none of them is predicted
    from another that differs in one decision.
    """
    known = [member for member in trained if member.value is not None]
    curves, seconds = np.zeros((len(known), num_epochs)), np.zeros((len(known), num_epochs))
    num_parameters = np.zeros(len(known))
    families = families_of(trained)
    split = GroupKFold(folds) if whole_families else KFold(folds, shuffle=True, random_state=0)
    groups = [families[member.index] for member in known] if whole_families else None
    for fitted, held_out in split.split(known, groups=groups):
        model = CurveModel(space, [known[i] for i in fitted], num_epochs=num_epochs)
        choices = [known[i].choices for i in held_out]
        curves[held_out], seconds[held_out] = model.curves(choices), model.seconds(choices)
        num_parameters[held_out] = model.num_parameters(choices)
    best = np.array([max(member.objective) for member in known])
    at_epoch = np.array([prolonged(member.objective, num_epochs)[epoch - 1] for member in known])
    others = np.array([_seconds(member)[1] for member in known])
    counted = np.array([_num_parameters(member) for member in known])
    is_mutation = np.array([member.origin == "mutation" for member in known])
    kinds = {"all": best > -math.inf, "not mutations": ~is_mutation, "mutations": is_mutation}
    return [
        Agreement(
            name,
            int(chosen.sum()),
            _spearman(curves.max(axis=1)[chosen], best[chosen]),
            _spearman(curves[chosen, epoch - 1], at_epoch[chosen]),
            _spearman(seconds[chosen, -1], others[chosen]),
            _spearman(num_parameters[chosen], counted[chosen]),
        )
        for name, chosen in {**kinds, "better half": best > np.median(best)}.items()
    ]


def families_of(trained: Sequence[TrainedMember]) -> dict[int, int]:
    """By index, the member that each descends from: itself where it is no mutation."""
    families: dict[int, int] = {}
    for member in sorted(trained, key=lambda member: member.index):  # parents come before their mutations
        families[member.index] = member.index if member.parent is None else families[member.parent]
    return families


def _spearman(predicted: Array, reached: Array) -> float:
    return float(spearmanr(predicted, reached).statistic) if len(reached) > 2 else math.nan

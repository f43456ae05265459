"""What each option is worth: among the trials that chose it, and in the winner's place."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gnas_ray.core import Value
from gnas_ray.records.findings import Findings
from gnas_ray.records.leaderboard import LeaderboardRow, measured_at
from gnas_ray.records.neighbours import Neighbour, decided_otherwise
from gnas_ray.records.trial_model import TrialModel
from gnas_ray.records.words import score
from gnas_ray.space import SearchSpace
from gnas_ray.surrogates import Member


@dataclass(frozen=True)
class Prediction:
    """What the trials say that a member would reach: mean, and a standard deviation down and up.

    Attributes:
        is_off_the_scale: Whether the mean is below all trials that reached the rung, whose lowest value it then is.
    """

    mean: float
    low: float
    high: float
    is_off_the_scale: bool

    @property
    def half_width(self) -> float:
        """Half of what lies between a standard deviation down and up."""
        return (self.high - self.low) / 2


@dataclass(frozen=True)
class OptionEffect:
    """One option of a decision; of one that each layer makes, of all layers' together.

    Attributes:
        num_trials: Trials that chose the option, in any layer.
        values: Of those that reached the rung, best first.
        is_the_winners: Whether the winner has it in any layer.
        num_tried: Trials whose architecture is the winner's but for having this option (in every layer).
        tried: The best of their values, for the winner's own option the winner's; NaN where none reached the rung.
        predicted: For the winner with this option (in every layer) and nothing else changed; None where the winner
            does not make the decision, or there are too few trials.
    """

    option: Value
    num_trials: int
    values: tuple[float, ...]
    is_the_winners: bool
    num_tried: int
    tried: float
    predicted: Prediction | None


@dataclass(frozen=True)
class OptionEffects:
    """Every option of every decision that has more than one.

    Values are of the first objective, each trial's best up to `rung`, so that they compare.

    Attributes:
        rung: Epochs; `Findings.rung`.
        winner: The winner's value there; NaN where it has none.
        winner_predicted: What is predicted for the winner as it is; None as `OptionEffect.predicted`.
        by_decision: In the space's order; ``operator`` stands for ``layer.0.operator`` and its like.
    """

    rung: int
    winner: float
    winner_predicted: Prediction | None
    by_decision: Mapping[str, tuple[OptionEffect, ...]]


def option_effects(findings: Findings) -> OptionEffects:
    """What the trials say of each option.

    A search's trials are no balanced sample: what looked good was tried more, tuned better and trained longer. So
    beside the trials' values there is what one option would change in the winner. Where a trial did that, its value
    is told; and in any case what a model of all trials predicts of the first objective (`TrialModel`), turned into the
    value that the trial of that rank has at the rung.
    """
    values, model = _values_at_rung(findings), findings.winner_model
    winner, space = findings.winner, findings.space
    return OptionEffects(
        rung=findings.rung,
        winner=values.get(winner.number, math.nan) if winner else math.nan,
        winner_predicted=model.predict({}, {}) if model else None,
        by_decision={
            decision: tuple(_effect(findings, names, option, values, model) for option in _options(names[0], space))
            for decision, names in _groups(space).items()
        },
    )


@dataclass(frozen=True)
class Flip:
    """The winner with one decision made otherwise, in one layer where each makes it.

    Attributes:
        tried: The best trial of that architecture; None where there was none.
        predicted: As in `OptionEffect`.
        predicted_in_words: With its difference from what is predicted for the winner; "-" where nothing is.
    """

    decision: str
    instead_of: Value
    option: Value
    tried: Neighbour | None
    predicted: Prediction | None
    predicted_in_words: str


def flips(findings: Findings) -> tuple[Flip, ...]:
    """Each option that the winner has not, in the order of the decisions; none where there is no winner.

    What is predicted is a value at `Findings.rung`; None where too few trials reached one.
    """
    winner = findings.winner
    if winner is None:
        return ()
    tried, model = {(n.decision, n.option): n for n in findings.neighbours}, findings.winner_model
    winners = model.predict({}, {}) if model else None
    found = []
    for decision in findings.space.decisions:
        for option in decision.options if decision.name in winner.architecture else ():
            if option != winner.architecture[decision.name]:
                having = [row for row in findings.rows if _has(row, [decision.name], option)]
                predicted = _predicted(model, winner, [decision.name], option, having)
                words = _predicted_in_words(predicted, winners)
                near, own = tried.get((decision.name, option)), winner.architecture[decision.name]
                found.append(Flip(decision.name, own, option, near, predicted, words))
    return tuple(found)


def in_words(effect: OptionEffect, effects: OptionEffects) -> list[str]:
    """For a table: trials, those that reached the rung, their best and median, tried and predicted in the winner."""
    values = effect.values
    best, median = (score(values[0]), score(statistics.median(values))) if values else ("-", "-")
    tried = f"{score(effect.tried)} ({effect.num_tried})" if effect.num_tried else "-"
    predicted = _predicted_in_words(effect.predicted, effects.winner_predicted)
    return [str(effect.num_trials), str(len(values)), best, median, tried, predicted]


def _predicted_in_words(prediction: Prediction | None, winners: Prediction | None) -> str:
    if prediction is None or winners is None:
        return "-"
    if prediction == winners:
        return "as it is"
    at_most = "≤ " if prediction.is_off_the_scale else ""
    return f"{at_most}{score(prediction.mean)} ({prediction.mean - winners.mean:+.4f}) ± {prediction.half_width:.4f}"


def _groups(space: SearchSpace) -> dict[str, list[str]]:
    """The decisions that are to be made, by the last part of their names."""
    groups: dict[str, list[str]] = {}
    for decision in space.decisions:
        if len(decision.options) > 1:
            groups.setdefault(_bare(decision.name), []).append(decision.name)
    return groups


def _bare(name: str) -> str:
    return name.rpartition(".")[2]


def _options(name: str, space: SearchSpace) -> Sequence[Value]:
    return next(decision.options for decision in space.decisions if decision.name == name)


def _effect(
    findings: Findings, names: Sequence[str], option: Value, values: Mapping[int, float], model: WinnerModel | None
) -> OptionEffect:
    having = [row for row in findings.rows if _has(row, names, option)]
    reached = sorted((values[row.number] for row in having if row.number in values), reverse=True)
    winner = findings.winner
    beside = [row for row in findings.rows if winner and _is_but_for(winner, row, names, option)]
    return OptionEffect(
        option=option,
        num_trials=len(having),
        values=tuple(reached),
        is_the_winners=winner is not None and _has(winner, names, option),
        num_tried=len(beside),
        tried=max((values[row.number] for row in beside if row.number in values), default=math.nan),
        predicted=_predicted(model, winner, names, option, having),
    )


def _predicted(
    model: WinnerModel | None,
    winner: LeaderboardRow | None,
    names: Sequence[str],
    option: Value,
    having: Sequence[LeaderboardRow],
) -> Prediction | None:
    if model is None or winner is None or not any(name in winner.architecture for name in names):
        return None
    return model.predict(dict.fromkeys(names, option), _member(having[0]) if having else {})


def _has(row: LeaderboardRow, names: Iterable[str], option: Value) -> bool:
    return any(row.architecture.get(name) == option for name in names)


def _is_but_for(winner: LeaderboardRow, row: LeaderboardRow, names: Sequence[str], option: Value) -> bool:
    """Whether `row` is the winner's architecture but for `option` in all of `names`."""
    makes = [name for name in names if name in row.architecture]
    is_of_one_option = bool(makes) and all(row.architecture[name] == option for name in makes)
    return is_of_one_option and set(decided_otherwise(winner, row)) <= set(names)


def _values_at_rung(findings: Findings) -> dict[int, float]:
    """Of the trials that reached the rung at which trials are compared, by number."""
    at_rung = measured_at(findings.rung, findings.records, findings.objectives, findings.rungs)
    return {number: measurement.metrics[findings.objective] for number, measurement in at_rung.items()}


class WinnerModel:
    """What the trials' model says of the winner changed, in values at the rung.

    Args:
        model: `Findings.model`.
        winner: `Findings.winner`.
        values: At the rung, by the number of the trial: the scale that turns the model's scores into values.
        space: What the winner is a member of.
    """

    def __init__(
        self, model: TrialModel, winner: LeaderboardRow, values: Mapping[int, float], space: SearchSpace
    ) -> None:
        self._model, self._winner, self._space = model.of_objective, winner, space
        self._scores = np.sort([self._model.score_of[number] for number in values])
        self._values = np.sort(list(values.values()))

    @classmethod
    def of(cls, findings: Findings) -> WinnerModel | None:
        """None before enough trials reached a rung."""
        if findings.winner is None or findings.model is None:
            return None
        return cls(findings.model, findings.winner, _values_at_rung(findings), findings.space)

    def predict(self, changed: Mapping[str, Value], best: Member) -> Prediction:
        """For the winner with some decisions changed, as `winner_with` says."""
        means, deviations = self._model.predict([winner_with(self._winner, changed, best, self._space)])
        mean, deviation = float(means[0]), float(deviations[0])
        low, middle, high = np.interp([mean - deviation, mean, mean + deviation], self._scores, self._values).tolist()
        return Prediction(middle, low, high, is_off_the_scale=mean < float(self._scores[0]))


def winner_with(winner: LeaderboardRow, changed: Mapping[str, Value], best: Member, space: SearchSpace) -> Member:
    """The winner with some decisions changed.

    What becomes active thereby is as in its layer before, else as in `best`, a trial with that change, else drawn.
    """
    generator = random.Random(0)
    last = {_bare(name): option for name, option in winner.architecture.items() if "." in name}
    copied = {d.name: last[_bare(d.name)] for d in space.decisions if "." in d.name and _bare(d.name) in last}
    partial = {**best, **copied, **_member(winner), **changed}
    return space.complete_member(partial, generator)


def _member(row: LeaderboardRow) -> dict[str, Value]:
    return {**row.architecture, **row.hyperparameters}

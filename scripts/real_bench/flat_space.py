"""A search space as general optimisers see it: a flat list of parameters, some of them conditional."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import optuna

from gnas_ray.core import TrialSpec, Value, derive_seed
from gnas_ray.space import Decision, Float, Hyperparameter, Integer, SearchSpace


@dataclass(frozen=True)
class FlatSpace:
    """Optuna's define-by-run form of a space: every active choice is a parameter of its own, whatever it is about.

    Attributes:
        space: Its choices and conditions.
        seed: Of the trainings.
    """

    space: SearchSpace
    seed: int = 0

    def __call__(self, trial: optuna.Trial) -> None:
        """Asks `trial` for every active decision and hyperparameter, in the space's order."""
        architecture = self.space.decide(lambda decision: suggest(trial, decision))
        self.space.decide_hyperparameters(architecture, lambda choice: suggest(trial, choice))

    def spec(self, config: Mapping[str, Value]) -> TrialSpec:
        """The trial that trains the member with these parameters; equal members have equal seeds."""
        architecture = {d.name: config[d.name] for d in self.space.decisions if d.name in config}
        hyperparameters = {h.name: config[h.name] for h in self.space.hyperparameters if h.name in config}
        seed = derive_seed(self.seed, "trial", str(sorted(config.items())))
        return TrialSpec(0, architecture, hyperparameters, seed)


def suggest(trial: optuna.Trial, choice: Decision | Hyperparameter) -> Value:
    """What `trial` has for the choice."""
    if isinstance(choice, Float):
        return trial.suggest_float(choice.name, choice.low, choice.high, log=choice.log)
    if isinstance(choice, Integer):
        return trial.suggest_int(choice.name, choice.low, choice.high, step=choice.step, log=choice.log)
    return cast("Value", trial.suggest_categorical(choice.name, choice.options))

"""A space's choices as Optuna's distributions."""

from __future__ import annotations

from collections.abc import Mapping

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from gnas_ray.space import Decision, Float, Hyperparameter, Integer, SearchSpace


def distributions_of(space: SearchSpace) -> Mapping[str, BaseDistribution]:
    """By name, for every decision and hyperparameter; options become categories, numbers among them too."""
    return {choice.name: distribution_of(choice) for choice in (*space.decisions, *space.hyperparameters)}


def distribution_of(choice: Decision | Hyperparameter) -> BaseDistribution:
    """The distribution over exactly the values that `choice` can take."""
    if isinstance(choice, Float):
        return FloatDistribution(choice.low, choice.high, log=choice.log)
    if isinstance(choice, Integer):
        return IntDistribution(choice.low, choice.high, log=choice.log, step=choice.step)
    return CategoricalDistribution(choice.options)

"""Which decisions and hyperparameters mattered."""

from __future__ import annotations

import random
from collections.abc import Mapping

import numpy as np

from gnas_ray.records.trial_model import TrialModel
from gnas_ray.space import Decision, Hyperparameter, SearchSpace
from gnas_ray.surrogates import Member

NUM_MEMBERS = 300
"""Random members, each changed in every choice: the standard error of a share of .3 is about .02 then."""


def importances(model: TrialModel, space: SearchSpace) -> Mapping[str, float]:
    """The share of each choice in how much members differ, highest first; they sum to 1. None where nothing can vary.

    Functional ANOVA (Hutter et al. 2014) of what the trials say, that is of the model's mean over all members of the
    space, alike likely: a choice's total effect (Jansen 1999; Saltelli et al. 2010, table 2 (f)) is half the mean
    square by which a random member's score changes when that choice alone is made anew, and whatever becomes active
    thereby. What a choice does together with others counts for each of them.

    Trials themselves are no balanced sample: a search repeats what its best have, whether that matters or not. To
    count what the best trials have in common (PED-ANOVA) takes its habits for reasons.
    """
    space = space.weighted({})
    generator = random.Random(0)
    members = [space.complete_member({}, generator) for _ in range(NUM_MEMBERS)]
    asked = {name for choice in (*space.decisions, *space.hyperparameters) for name in choice.when.names}
    before = model.predict(members)[0]
    effects = {}
    for choice in (*space.decisions, *space.hyperparameters):
        rows = [row for row, member in enumerate(members) if choice.name in member]
        changed = [_remade(members[row], choice, space, generator, is_asked=choice.name in asked) for row in rows]
        difference = model.predict(changed)[0] - before[rows] if rows else np.zeros(1)
        effects[choice.name] = float(np.sum(difference**2)) / (2 * NUM_MEMBERS)
    total = sum(effects.values())
    return {name: effects[name] / total for name in sorted(effects, key=lambda name: -effects[name])} if total else {}


def _remade(
    member: Member, choice: Decision | Hyperparameter, space: SearchSpace, generator: random.Random, *, is_asked: bool
) -> Member:
    partial = {**member, choice.name: choice.sample(generator)}
    return space.complete_member(partial, generator) if is_asked else partial

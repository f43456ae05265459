"""Which members of the space the table of recommenders has, and what is kept of each."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gnas_ray.controllers.evolution import mutate
from gnas_ray.core import Ending, Value, derive_seed
from gnas_ray.experiment import Experiment
from gnas_ray.space import Hyperparameter, SearchSpace
from gnas_ray.surrogates import perturb

LAG = 16
"""Member i is a mutation of one before i - LAG. So members follow from their index, however many are trained at once
and wherever a sitting ended, as long as no more than this are trained at once."""
_FEWEST_PARENTS = 5
_CHANGE, _STEP = 0.3, 0.2
"""Chance that a mutation changes a hyperparameter, and by what share of its range (standard deviation)."""

Choices = Mapping[str, Value]


@dataclass(frozen=True)
class Member:
    """A member to train.

    Attributes:
        index: Its place in the table, from 0.
        origin: ``prior``, ``uniform`` or ``mutation``.
        parent: Of a mutation, the index of the member it came from.
        architecture: Active decisions.
        hyperparameters: All active ones.
        seed: Of its training.
    """

    index: int
    origin: str
    parent: int | None
    architecture: Choices
    hyperparameters: Choices
    seed: int

    @property
    def choices(self) -> Choices:
        """Architecture and hyperparameters in one."""
        return {**self.architecture, **self.hyperparameters}


@dataclass(frozen=True)
class TrainedMember(Member):
    """A member and how its training went. Lists have one number an epoch.

    Attributes:
        curves: Validation metrics by name, the objective first.
        seconds: CPU seconds of one thread, evaluation included, and in the first epoch what comes before it. Not wall
            seconds, so that they don't depend on what else the machine did.
        ending: FINISHED too when it was no better for as many epochs as the patience; STOPPED when it cost too much.
        failure: The kind of failure, or "".
        detail: The failure's text, or "".
        seconds_to_end: All CPU seconds: what a failed epoch took is in here only.
        num_parameters: Trained numbers; None, as the next two, where it failed in the first epoch.
        peak_memory_bytes: Resident size of the process.
        latency_ms: For 1,000 users. On the wall clock, so as good as the machine was quiet.
    """

    curves: Mapping[str, Sequence[float]]
    seconds: Sequence[float]
    ending: Ending
    failure: str
    detail: str
    seconds_to_end: float
    num_parameters: float | None = None
    peak_memory_bytes: float | None = None
    latency_ms: float | None = None

    @property
    def objective(self) -> Sequence[float]:
        """Its curve."""
        return next(iter(self.curves.values()))

    @property
    def value(self) -> float | None:
        """The objective's best; None for a failed member."""
        return None if self.ending is Ending.FAILED else max(self.objective)


def has_trained_out(curve: Sequence[float], patience: int) -> bool:
    """Whether it was no better for so many epochs; as `RungLadder` has it."""
    return len(curve) - 1 - curve.index(max(curve)) >= patience


class Members:
    """The members in their order: the experiments' priors, then in turn uniform members and mutations of the best.

    A mutation changes one decision, or some hyperparameters, of one of the best tenth of the members known by then, so
    that the table also covers where searches end up.
    """

    def __init__(self, space: SearchSpace, experiments: Sequence[Experiment], *, seed: int) -> None:
        self._space = space
        self._seed = seed
        self._priors = _priors(space, experiments, random.Random(derive_seed(seed, "priors")))

    def member(self, index: int, trained: Mapping[int, TrainedMember]) -> Member | None:
        """Member `index`; None while one is missing in `trained` that it may be a mutation of."""
        known = range(max(index - LAG, 0))
        is_mutation = index >= len(self._priors) and index % 2 == 1
        if is_mutation and any(earlier not in trained for earlier in known):
            return None
        generator = random.Random(derive_seed(self._seed, "member", index))
        origin, parent = "uniform", None
        if index < len(self._priors):
            origin, (architecture, hyperparameters) = "prior", self._priors[index]
        elif is_mutation and (parents := _best_tenth([trained[earlier] for earlier in known])):
            chosen = generator.choice(parents)
            origin, parent = "mutation", chosen.index
            tried = [(trained[earlier].architecture, trained[earlier].hyperparameters) for earlier in known]
            architecture, hyperparameters = self._mutation(chosen, generator)
            while any(choices == (architecture, hyperparameters) for choices in tried):
                architecture, hyperparameters = self._mutation(chosen, generator)
        else:
            architecture = self._space.sample_architecture(generator)
            hyperparameters = self._space.sample_hyperparameters(architecture, generator)
        seed = derive_seed(self._seed, "training", index)
        return Member(index, origin, parent, architecture, hyperparameters, seed)

    def _mutation(self, parent: Member, generator: random.Random) -> tuple[Choices, Choices]:
        change_architecture = generator.random() < 0.5
        architecture = dict(parent.architecture)
        if change_architecture:
            architecture = mutate(self._space, architecture, generator)

        def choose(hyperparameter: Hyperparameter) -> Value:
            if hyperparameter.name not in parent.hyperparameters:
                return hyperparameter.sample(generator)
            value = parent.hyperparameters[hyperparameter.name]
            if change_architecture or generator.random() >= _CHANGE:
                return value
            return perturb(hyperparameter, value, generator, step=_STEP)

        return architecture, self._space.decide_hyperparameters(architecture, choose)


def _best_tenth(trained: Sequence[TrainedMember]) -> list[TrainedMember]:
    """The best tenth of those that did not fail, at least five."""
    with_value = [member for member in trained if member.value is not None]
    with_value.sort(key=lambda member: (-(member.value or 0.0), member.index))
    return with_value[: max(_FEWEST_PARENTS, math.ceil(len(with_value) / 10))]


def _priors(
    space: SearchSpace, experiments: Sequence[Experiment], generator: random.Random
) -> list[tuple[Choices, Choices]]:
    """The different ones; what they leave open is drawn from their experiment's own space.

    Raises:
        ValueError: One is no member of `space`.
    """
    found: list[tuple[Choices, Choices]] = []
    for experiment in experiments:
        for prior in experiment.prior_members:
            drawn = experiment.search_space.sample_hyperparameters(prior.architecture, generator)
            member = completed(space, prior.architecture), {**drawn, **prior.hyperparameters}
            if problems := space.check(*member):
                raise ValueError(f"prior {prior.name!r} is no member of the space: {problems[0]}")
            if member not in found:
                found.append(member)
    return found


def completed(space: SearchSpace, architecture: Choices) -> Choices:
    """With its first option for every active decision that was left out, as by spaces smaller or older than `space`.

    A decision's first option in ``recsys.yaml`` is what happens without the decision.
    """
    whole = space.decide(lambda decision: architecture.get(decision.name, decision.options[0]))
    return {**whole, **architecture}


def write_trained(folder: Path, trained: TrainedMember) -> None:
    """One file a member, whole or not at all."""
    unfinished = folder / f"{trained.index:05d}.unfinished"
    unfinished.write_text(json.dumps(asdict(trained)))
    unfinished.replace(folder / f"{trained.index:05d}.json")


def read_trained(folder: Path) -> dict[int, TrainedMember]:
    """What `write_trained` wrote to `folder`, by index."""
    trained = [from_plain(json.loads(path.read_text())) for path in sorted(folder.glob("[0-9]*.json"))]
    return {member.index: member for member in trained}


def from_plain(plain: Mapping[str, Any]) -> TrainedMember:
    """The inverse of `asdict`."""
    return TrainedMember(**{**plain, "ending": Ending(plain["ending"])})

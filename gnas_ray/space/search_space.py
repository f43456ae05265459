"""The set of members that may be searched."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby

from gnas_ray.core import Problem, Value, nearest
from gnas_ray.space.choices import Categorical, Choice, Decision, Hyperparameter, OptionChoice
from gnas_ray.space.conditions import Conditions
from gnas_ray.space.counting import count_members
from gnas_ray.space.references import bad_references

Isomorphism = Callable[[Mapping[str, Value]], Sequence[Mapping[str, Value]]]
"""The architectures that are the same network as one, itself among them or not; they take the same hyperparameters."""


@dataclass(frozen=True)
class SearchSpace:
    """Decisions and hyperparameters in the order in which they are made.

    An architecture is a mapping from the names of its *active* decisions to options: a decision is active
    when its conditions hold for the active decisions before it.

    Attributes:
        decisions: Repeats unrolled to their longest, e.g. ``layer.0.operator`` to ``layer.3.operator``.
        hyperparameters: Their conditions may name any decision and earlier categorical hyperparameters.
        isomorphism: Which architectures are the same network, where different ones are: operations of nodes that could
            be told apart by their numbers only, say. A search then tries one of them, and knows all. None where no two
            are.
    """

    decisions: tuple[Decision, ...]
    hyperparameters: tuple[Hyperparameter, ...] = ()
    isomorphism: Isomorphism | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        choices: tuple[Choice, ...] = (*self.decisions, *self.hyperparameters)
        names = [choice.name for choice in choices]
        if len(set(names)) < len(names):
            raise ValueError(f"a name comes twice among {', '.join(names)}")
        if bad := bad_references(choices):
            raise ValueError(f"{bad[0].choice}: {bad[0].what}")

    def weighted(self, weights: Mapping[str, Mapping[Value, float]]) -> SearchSpace:
        """The same space whose options are as likely as `weights` says, before anything was tried.

        Args:
            weights: By the name of a decision or categorical hyperparameter, above 0; an option that is not named
                weighs 1. Choices that are not named have no weights.

        Raises:
            ValueError: A weight is not above 0.
        """

        def weigh(choice: OptionChoice) -> tuple[float, ...]:
            given = weights.get(choice.name)
            return tuple(float(given.get(option, 1)) for option in choice.options) if given else ()

        return replace(
            self,
            decisions=tuple(replace(decision, weights=weigh(decision)) for decision in self.decisions),
            hyperparameters=tuple(
                replace(h, weights=weigh(h)) if isinstance(h, Categorical) else h for h in self.hyperparameters
            ),
        )

    @property
    def is_weighted(self) -> bool:
        """Whether some options are preferred."""
        choices = (*self.decisions, *self.hyperparameters)
        return any(choice.weights for choice in choices if isinstance(choice, OptionChoice))

    def active(self, partial: Mapping[str, Value], decision: Decision) -> bool:
        """Whether `decision` is to be made, given the active decisions made before it."""
        return decision.when.hold(partial)

    def active_hyperparameters(self, architecture: Mapping[str, Value]) -> tuple[Hyperparameter, ...]:
        """Those that `architecture` allows; conditions on other hyperparameters are left open."""
        own = {hyperparameter.name for hyperparameter in self.hyperparameters}
        return tuple(h for h in self.hyperparameters if h.when.without(own).hold(architecture))

    def decide(self, choose: Callable[[Decision], Value]) -> dict[str, Value]:
        """The architecture that `choose` makes when asked for each active decision, in order."""
        chosen: dict[str, Value] = {}
        for conditions, decisions in self._decisions_by_conditions:
            if conditions.hold(chosen):
                for decision in decisions:
                    chosen[decision.name] = choose(decision)
        return chosen

    def decide_hyperparameters(
        self, architecture: Mapping[str, Value], choose: Callable[[Hyperparameter], Value]
    ) -> dict[str, Value]:
        """The hyperparameters that `choose` makes when asked for each active one, in order."""
        known = dict(architecture)
        chosen: dict[str, Value] = {}
        for conditions, hyperparameters in self._hyperparameters_by_conditions:
            if conditions.hold(known):
                for hyperparameter in hyperparameters:
                    chosen[hyperparameter.name] = known[hyperparameter.name] = choose(hyperparameter)
        return chosen

    @cached_property
    def _decisions_by_conditions(self) -> list[tuple[Conditions, list[Decision]]]:
        """In order, those together that follow each other and have the same conditions: no one's can name another."""
        return [(conditions, list(alike)) for conditions, alike in groupby(self.decisions, key=lambda d: d.when)]

    @cached_property
    def _hyperparameters_by_conditions(self) -> list[tuple[Conditions, list[Hyperparameter]]]:
        return [(conditions, list(alike)) for conditions, alike in groupby(self.hyperparameters, key=lambda h: h.when)]

    def canonical(self, architecture: Mapping[str, Value]) -> dict[str, Value]:
        """Active decisions only, in order, options as the space writes them: a member's identity.

        Raises:
            ValueError: An active decision is missing, or its value is no option.
        """

        def given(decision: Decision) -> Value:
            if decision.name not in architecture:
                raise ValueError(f"{decision.name} is missing")
            return decision.as_written(architecture[decision.name])

        return self.decide(given)

    def key(self, architecture: Mapping[str, Value]) -> str:
        """Text that two architectures share exactly when they are the same member.

        Raises:
            ValueError: As `canonical`.
        """
        return json.dumps(self.canonical(architecture), separators=(",", ":"))

    def isomorphs(self, member: Mapping[str, Value]) -> list[Mapping[str, Value]]:
        """All members that are the same network with the same hyperparameters, itself first.

        Args:
            member: An architecture, with hyperparameters or without.
        """
        if self.isomorphism is None:
            return [member]
        architecture = {d.name: member[d.name] for d in self.decisions if d.name in member}
        hyperparameters = {name: value for name, value in member.items() if name not in architecture}
        same = (other for other in self.isomorphism(architecture) if other != architecture)
        return [member, *({**other, **hyperparameters} for other in same)]

    def contains(self, architecture: Mapping[str, Value]) -> bool:
        """Whether `check` has nothing to say about it."""
        return not self.check(architecture)

    def check(
        self,
        architecture: Mapping[str, Value],
        hyperparameters: Mapping[str, Value] | None = None,
        *,
        partial_hyperparameters: bool = False,
    ) -> list[Problem]:
        """Everything that keeps this from being a member, by name; empty for a member.

        Args:
            architecture: Must give every active decision, and no other.
            hyperparameters: Likewise; None leaves them unchecked.
            partial_hyperparameters: Accept that some are missing.
        """
        problems = _check(architecture, self.decisions, known={})
        if hyperparameters is not None:
            missing = {h.name for h in self.hyperparameters} - hyperparameters.keys()
            ignored = missing if partial_hyperparameters else set()
            problems += _check(hyperparameters, self.hyperparameters, known=architecture, ignored=ignored)
        return problems

    def complete(self, partial: Mapping[str, Value], generator: random.Random) -> dict[str, Value]:
        """`partial` with inactive decisions dropped and missing ones sampled; a mutation's way to a member.

        Raises:
            ValueError: A value of an active decision is no option.
        """

        def keep_or_sample(decision: Decision) -> Value:
            if decision.name in partial:
                return decision.as_written(partial[decision.name])
            return decision.sample(generator)

        return self.decide(keep_or_sample)

    def sample_architecture(self, generator: random.Random) -> dict[str, Value]:
        """A member, by weight over the options decision by decision (so without weights not uniform over members)."""
        return self.complete({}, generator)

    def sample_hyperparameters(self, architecture: Mapping[str, Value], generator: random.Random) -> dict[str, Value]:
        """Every active hyperparameter, independently at random."""
        return self.complete_hyperparameters(architecture, {}, generator)

    def complete_hyperparameters(
        self, architecture: Mapping[str, Value], partial: Mapping[str, Value], generator: random.Random
    ) -> dict[str, Value]:
        """The active hyperparameters of `partial`, which are taken as they are, and the missing ones sampled."""

        def keep_or_sample(hyperparameter: Hyperparameter) -> Value:
            name = hyperparameter.name
            return partial[name] if name in partial else hyperparameter.sample(generator)

        return self.decide_hyperparameters(architecture, keep_or_sample)

    def complete_member(self, partial: Mapping[str, Value], generator: random.Random) -> dict[str, Value]:
        """`partial`, an architecture's decisions and hyperparameters, as `complete` and `complete_hyperparameters`."""
        architecture = self.complete(partial, generator)
        return {**architecture, **self.complete_hyperparameters(architecture, partial, generator)}

    def num_architectures(self) -> int:
        """Number of different architectures, conditions counted."""
        return count_members(self.decisions)


def _check(
    given: Mapping[str, Value],
    choices: Sequence[Choice],
    *,
    known: Mapping[str, Value],
    ignored: Collection[str] = (),
) -> list[Problem]:
    """Problems of `given` as values of `choices`, made after `known`; nothing is asked about `ignored`."""
    names = [choice.name for choice in choices]
    problems = [Problem(name, f"unknown{nearest(name, names)}") for name in given if name not in names]
    chosen = dict(known)
    for choice in choices:
        active = choice.when.without(ignored).hold(chosen)
        if choice.name in given:
            value = given[choice.name]
            refusal = choice.refusal(value) if active else f"not active here; only when {choice.when}"
            if refusal:
                problems.append(Problem(choice.name, refusal))
            if active:
                chosen[choice.name] = value
        elif active and choice.name not in ignored:
            problems.append(Problem(choice.name, f"missing; wanted {choice.describe()}"))
    return problems

"""How many members a space has, and which of its choices can ever be active, without listing members."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gnas_ray.core import Value
from gnas_ray.space.choices import Choice, Decision, OptionChoice
from gnas_ray.space.conditions import Conditions

State = tuple[tuple[str, Value], ...]
"""The part of a partial member that later conditions ask about, as ``(name, value)`` pairs."""


class _Step(NamedTuple):
    name: str
    options: tuple[Value, ...]
    when: Conditions
    asked_later: frozenset[str]


def count_members(decisions: Sequence[Decision]) -> int:
    """Number of distinct architectures, exactly.

    A dynamic program over the decisions in order: partial members that agree on everything later conditions
    ask about are counted together, so the cost follows the conditions' width and not the space's size.
    """
    return sum(_count_states(decisions, frozenset()).values())


def unreachable(choices: Sequence[Choice]) -> frozenset[str]:
    """Names of the choices that are active in no member.

    Each choice is looked at with those alone that its conditions ask about, theirs, and so on: the cost follows how
    much one choice asks about, and not how much all of them do.
    """
    return frozenset(choice.name for index, choice in enumerate(choices) if not _is_reachable(choice, choices[:index]))


def _is_reachable(choice: Choice, earlier: Sequence[Choice]) -> bool:
    asked = set(choice.when.names)
    for other in reversed(earlier):
        if other.name in asked:
            asked |= other.when.names
    states = _count_states([other for other in earlier if other.name in asked], choice.when.names)
    return any(choice.when.hold(dict(state)) for state in states)


def _count_states(choices: Sequence[Choice], asked_at_last: frozenset[str]) -> Counter[State]:
    """The number of partial members, after the last choice, in every state that `asked_at_last` tells apart."""
    counts: Counter[State] = Counter({(): 1})
    for step in _steps(choices, asked_at_last):
        counts = _advance(counts, step)
    return counts


def _steps(choices: Sequence[Choice], asked_later: frozenset[str]) -> list[_Step]:
    steps: list[_Step] = []
    for choice in reversed(choices):
        # A numeric hyperparameter's value is never asked about: one stand-in option will do.
        options = choice.options if isinstance(choice, OptionChoice) else (0,)
        steps.append(_Step(choice.name, options, choice.when, asked_later))
        asked_later |= choice.when.names
    return steps[::-1]


def _advance(counts: Mapping[State, int], step: _Step) -> Counter[State]:
    following: Counter[State] = Counter()
    for state, count in counts.items():
        kept = tuple(pair for pair in state if pair[0] in step.asked_later)
        if not step.when.hold(dict(state)):
            following[kept] += count
        elif step.name not in step.asked_later:
            following[kept] += count * len(step.options)
        else:
            for option in step.options:
                following[(*kept, (step.name, option))] += count
    return following

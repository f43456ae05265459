"""How many members a space has, and which of its choices can ever be active, without listing members."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from gnas_ray.core import Value
from gnas_ray.space.choices import Categorical, Choice, Decision
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
    *_, last = _frontiers(decisions)
    return sum(last.values())


def unreachable(choices: Sequence[Choice]) -> frozenset[str]:
    """Names of the choices that are active in no member."""
    return frozenset(
        choice.name
        for choice, frontier in zip(choices, _frontiers(choices), strict=False)
        if not any(choice.when.hold(dict(state)) for state in frontier)
    )


def _frontiers(choices: Sequence[Choice]) -> Iterator[Mapping[State, int]]:
    """Before each choice and after the last: the number of partial members in every state."""
    frontier: Counter[State] = Counter({(): 1})
    yield frontier
    for step in _steps(choices):
        frontier = _advance(frontier, step)
        yield frontier


def _steps(choices: Sequence[Choice]) -> list[_Step]:
    steps: list[_Step] = []
    asked_later: frozenset[str] = frozenset()
    for choice in reversed(choices):
        # A numeric hyperparameter's value is never asked about: one stand-in option will do.
        options = choice.options if isinstance(choice, Decision | Categorical) else (0,)
        steps.append(_Step(choice.name, options, choice.when, asked_later))
        asked_later |= choice.when.names
    return steps[::-1]


def _advance(frontier: Mapping[State, int], step: _Step) -> Counter[State]:
    following: Counter[State] = Counter()
    for state, count in frontier.items():
        kept = tuple(pair for pair in state if pair[0] in step.asked_later)
        if not step.when.hold(dict(state)):
            following[kept] += count
        elif step.name not in step.asked_later:
            following[kept] += count * len(step.options)
        else:
            for option in step.options:
                following[(*kept, (step.name, option))] += count
    return following

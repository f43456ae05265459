"""Members of the space known to be good, from the short form in YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import yaml

from gnas_ray.core import PRIOR, Value
from gnas_ray.experiment.document import parse_value
from gnas_ray.space import OptionChoice, SearchSpace
from gnas_ray.space.conditions import position, show


@dataclass(frozen=True)
class PriorMember:
    """A member to try before the controller is asked.

    Attributes:
        name: For people, e.g. ``LightGCN``; may be "".
        architecture: Canonical.
        hyperparameters: Those given; the searcher picks the others.
        origin: Of its proposal: ``prior``, or ``earlier`` where another experiment knew it.
    """

    name: str
    architecture: Mapping[str, Value]
    hyperparameters: Mapping[str, Value]
    origin: str = PRIOR

    def __post_init__(self) -> None:
        object.__setattr__(self, "architecture", MappingProxyType(dict(self.architecture)))
        object.__setattr__(self, "hyperparameters", MappingProxyType(dict(self.hyperparameters)))

    def fits(self, other: PriorMember) -> bool:
        """Whether `other` has the same architecture, and the hyperparameters that are given here."""
        hyperparameters = {**other.hyperparameters, **self.hyperparameters}
        return self.architecture == other.architecture and hyperparameters == other.hyperparameters


def every_round(name: str) -> str:
    """How a decision of a repeat is written for all rounds at once: ``layer.*.operator`` for ``layer.0.operator``."""
    return re.sub(r"\.\d+\.", ".*.", name)


def expand_rounds(written: Mapping[str, Value], space: SearchSpace) -> dict[str, Value]:
    """`written` with ``layer.*.operator`` given to every active round that has no value of its own.

    One that fits no decision of the space stays as it is, for `SearchSpace.check` to find.
    """
    fitting = {every_round(decision.name) for decision in space.decisions}
    expanded = {name: value for name, value in written.items() if "*" not in name or name not in fitting}
    for decision in space.decisions:
        short = every_round(decision.name)
        if short in written and decision.name not in written and decision.when.hold(expanded):
            expanded[decision.name] = written[short]
    return expanded


def choices_with_options(space: SearchSpace) -> list[OptionChoice]:
    """Those that weights can be given to."""
    return [c for c in (*space.decisions, *space.hyperparameters) if isinstance(c, OptionChoice)]


def find_option(written: str, options: Sequence[Value]) -> int | None:
    """The index of the option that YAML reads or shows as `written`; None where there is none."""
    try:
        index = position(parse_value(written), options)
    except yaml.YAMLError:
        index = None
    return index if index is not None else position(written, [show(option) for option in options])


def expand_weights(written: Mapping[str, Mapping[str, float]], space: SearchSpace) -> dict[str, dict[Value, float]]:
    """`written` with ``layer.*.operator`` given to every round that has no weights of its own, as `weighted` wants it.

    What fits nothing in the space is passed over; the checks of an experiment find it.
    """
    expanded: dict[str, dict[Value, float]] = {}
    for choice in choices_with_options(space):
        given = written.get(choice.name, written.get(every_round(choice.name), {}))
        found = {find_option(option, choice.options): weight for option, weight in given.items()}
        expanded[choice.name] = {choice.options[i]: weight for i, weight in found.items() if i is not None}
    return expanded

"""Members of the space known to be good, from the short form in YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gnas_ray.core import Value
from gnas_ray.space import SearchSpace


@dataclass(frozen=True)
class PriorMember:
    """A member to try before the controller is asked.

    Attributes:
        name: For people, e.g. ``LightGCN``; may be "".
        architecture: Canonical.
        hyperparameters: Those given; the searcher picks the others.
    """

    name: str
    architecture: Mapping[str, Value]
    hyperparameters: Mapping[str, Value]

    def __post_init__(self) -> None:
        object.__setattr__(self, "architecture", MappingProxyType(dict(self.architecture)))
        object.__setattr__(self, "hyperparameters", MappingProxyType(dict(self.hyperparameters)))


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

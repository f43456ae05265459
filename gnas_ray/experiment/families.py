"""Names in an experiment, and the constructors' parameters that its keys bind to."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from gnas_ray.core import nearest
from gnas_ray.experiment.sections import NamedOptions
from gnas_ray.space import Mistake


@dataclass(frozen=True)
class Parameter:
    """One key that a member of a family takes from YAML."""

    name: str
    annotation: Any
    default: Any


def _controllers() -> Mapping[str, type]:
    from gnas_ray.controllers import CONTROLLERS

    return CONTROLLERS


def _searchers() -> Mapping[str, type]:
    from gnas_ray.searchers import SEARCHERS

    return SEARCHERS


def _surrogates() -> Mapping[str, type]:
    from gnas_ray.surrogates import SURROGATES

    return SURROGATES


def _rewards() -> Mapping[str, type]:
    from gnas_ray.rewards import REWARDS

    return REWARDS


FAMILIES: dict[str, Callable[[], Mapping[str, type]]] = {
    "controller": _controllers,
    "searcher": _searchers,
    "surrogate": _surrogates,
    "reward": _rewards,
}
"""By the section that names a member: the family's members, imported when asked for."""


def parameters(member: type) -> dict[str, Parameter]:
    """The constructor's parameters with a default; those without are the program's to give."""
    if member.__init__ is object.__init__:  # type: ignore[misc]
        return {}
    hints = get_type_hints(member.__init__)  # type: ignore[misc]
    return {
        name: Parameter(name, hints.get(name, Any), parameter.default)
        for name, parameter in inspect.signature(member).parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }


def named_mistakes(section: str, options: NamedOptions, family: Mapping[str, type]) -> list[Mistake]:
    """What is wrong with a name and its parameters: unknown ones, and values of another type."""
    if options.name not in family:
        return [Mistake((section, "name"), f"unknown {section} {options.name!r}{nearest(options.name, family)}")]
    known = parameters(family[options.name])
    mistakes = []
    for key, value in options.parameters.items():
        if key not in known:
            what = f"{options.name} has no parameter {key!r}{nearest(key, known)}"
            mistakes.append(Mistake((section, key), what))
        elif what := _wrong_type(value, known[key].annotation):
            mistakes.append(Mistake((section, key), f"{section}.{key} is {value!r}; {what}"))
    return mistakes


def _wrong_type(value: object, annotation: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "wanted a finite number"
    adapter = TypeAdapter(annotation)
    try:
        adapter.validate_python(value)
        # What the constructor gets is `value` itself, so a text that reads as a number is none.
        adapter.validate_python(value, strict=not isinstance(value, list | dict))
    except ValidationError as error:
        return error.errors()[0]["msg"].replace("Input should be", "wanted")
    return ""

"""Changes to an experiment from the command line: `--set a.b=c`."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import yaml

from gnas_ray.core import Problem, UsageError
from gnas_ray.experiment.document import Document, parse_value


def apply_overrides(document: Document, overrides: Sequence[str]) -> tuple[Document, list[Problem]]:
    """`document` with every override in place, later ones last, and what was wrong with the others.

    A key's parts are separated by dots; a number picks from a list; the value is read as YAML. A name, or the path of
    a data file, becomes the mapping it stands for: ``controller.rollout=8`` turns ``controller: ppo`` into
    ``{name: ppo, rollout: 8}``.
    """
    data = deepcopy(document.data) if isinstance(document.data, dict) else {}
    places = dict(document.places)
    problems = []
    for override in overrides:
        try:
            path = _set(data, *_parse(override))
        except ValueError as error:
            problems.append(Problem(f"--set {override}", str(error)))
            continue
        places = {known: place for known, place in places.items() if known[: len(path)] != path}
        for length in range(1, len(path) + 1):
            places.setdefault(path[:length], f"--set {override}")
    return Document(data, places), problems


def parse_keys(overrides: Sequence[str]) -> dict[str, Any]:
    """What `overrides` alone say.

    Raises:
        UsageError: Some are no overrides.
    """
    document, problems = apply_overrides(Document({}, {}), overrides)
    if problems:
        raise UsageError("--set", problems)
    keys: dict[str, Any] = document.data
    return keys


def override_parts(override: str) -> list[str]:
    """The parts of the key that `override` sets."""
    return override.partition("=")[0].strip().split(".")


def _parse(override: str) -> tuple[list[str], Any]:
    parts = override_parts(override)
    _, equals, text = override.partition("=")
    if not equals or not all(parts):
        raise ValueError("wanted KEY=VALUE, e.g. budget.trials=50")
    try:
        return parts, parse_value(text)
    except yaml.YAMLError as error:
        raise ValueError(f"the value {text!r} is not YAML: {str(error).splitlines()[0]}") from None


def _set(data: dict[str, Any], parts: Sequence[str], value: Any) -> tuple[str | int, ...]:
    """Sets `value` inside `data`, and gives the path where it now is."""
    inside: Any = data  # a mapping or a list
    path: list[str | int] = []
    for part in parts:
        if path:
            inside = _enter(inside, path, part)
        if not isinstance(inside, (dict, list)):
            raise ValueError(f"{_dotted(path)} is {inside!r}, which has no keys")
        if isinstance(inside, list) and not (part.isdecimal() and int(part) < len(inside)):
            raise ValueError(f"{_dotted(path)} is a list of {len(inside)}; {part!r} is no index of it")
        path.append(int(part) if isinstance(inside, list) else part)
    inside[path[-1]] = value
    return tuple(path)


def _enter(inside: Any, path: Sequence[str | int], part: str) -> Any:
    """What is at the end of `path`, to look for `part` in: made where there is nothing; what stands for a mapping
    becomes it.
    """
    key = path[-1]
    found = inside.get(key) if isinstance(inside, dict) else inside[key]
    if isinstance(found, list) and path == ["prior"] and part in ("members", "weights"):
        found = inside[key] = {"members": found}
    if found is None or isinstance(found, str):
        found = inside[key] = {} if found is None else {_key_alone(path): found}
    return found


def _key_alone(path: Sequence[str | int]) -> str:
    """The key of a mapping at `path` that may stand without the others: of a data set's files, the path."""
    return "path" if len(path) == 3 and path[:2] == ["data", "dataset"] else "name"


def _dotted(path: Sequence[str | int]) -> str:
    return ".".join(map(str, path))

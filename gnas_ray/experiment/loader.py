"""From a YAML file to an experiment, or to every mistake in it with its line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gnas_ray.core import Problem, UsageError
from gnas_ray.experiment.checks import find_experiment_mistakes
from gnas_ray.experiment.document import Document, read_document
from gnas_ray.experiment.experiment import Experiment
from gnas_ray.experiment.overrides import apply_overrides, override_parts
from gnas_ray.experiment.shipped import find_search_space_file
from gnas_ray.experiment.translation import is_unknown_key, translate
from gnas_ray.space import Mistake, SearchSpaceOptions

_STAND_INS: dict[str, Any] = {
    "name": "unnamed",
    "data": {"dataset": "movielens-100k"},
    "space": {"decisions": {"nothing": [0]}},
}
"""For required sections that are missing or refused, so that the others can be checked all the same."""


@dataclass(frozen=True)
class _Assembled:
    """An experiment's document with what other files have of it in place and overrides applied.

    Attributes:
        problems: What was wrong on the way.
        broken: Sections that could not be read, which stand-ins replace.
    """

    document: Document
    problems: tuple[Problem, ...] = ()
    broken: frozenset[str] = frozenset()


Check = Callable[[Experiment], list[Mistake]]
"""What is to be looked at beside everything else."""


def load_experiment(path: str | Path, overrides: Sequence[str] = (), *, also: Check | None = None) -> Experiment:
    """The experiment in a file, by path or by a shipped file's name.

    Args:
        path: YAML. Files it names are relative to it.
        overrides: ``a.b=c`` from the command line, applied before anything is checked.
        also: A further check of an experiment whose space is one.

    Raises:
        UsageError: Every problem at once: what is no YAML, unknown keys, wrong values, conditions that can't
            hold, names and parameters that no family has. Each with its line.
    """
    file = find_search_space_file(path)
    document = read_document(file)
    if _is_space(document):
        what = "a search space, not an experiment; an experiment names it: 'space: " + file.name + "'"
        raise UsageError(str(path), [Problem("", what)])
    return _checked(_assemble(document, file, overrides), source=path, folder=file.parent.absolute(), also=also)


def load_space(path: str | Path, overrides: Sequence[str] = ()) -> SearchSpaceOptions:
    """The search space in a file: an experiment's, or one that stands alone. Nothing else in it is checked.

    Raises:
        UsageError: Every problem of the space at once, with lines.
    """
    file = find_search_space_file(path)
    document = read_document(file)
    if _is_space(document):
        document = _with_section(Document({}, {}), "space", document)
    assembled = _assemble(document, file, overrides)
    space = {key: value for key, value in assembled.document.data.items() if key == "space"}
    stand_ins = {key: value for key, value in _STAND_INS.items() if key != "space"}
    only_space = replace(
        assembled,
        document=replace(assembled.document, data={**stand_ins, **space}),
        broken=assembled.broken | Experiment.model_fields.keys() - {"space"},
    )
    return _checked(only_space, source=path, folder=file.parent.absolute()).space


def _checked(assembled: _Assembled, *, source: str | Path, folder: Path, also: Check | None = None) -> Experiment:
    """The experiment that the document is.

    Raises:
        UsageError: Every problem, those met while assembling it included.
    """
    document, broken = assembled.document, set(assembled.broken)
    mistakes: list[Mistake] = []
    try:
        experiment = Experiment.model_validate(document.data, context={"folder": folder})
    except ValidationError as error:
        mistakes = translate(error, Experiment, document)
        unknown = [document.known(detail["loc"]) for detail in error.errors() if is_unknown_key(detail)]
        broken |= {str(d["loc"][0]) for d in error.errors() if not is_unknown_key(d)}
        experiment = Experiment.model_validate(_salvage(document.data, unknown, broken), context={"folder": folder})
    mistakes += find_experiment_mistakes(experiment, broken=broken)
    if also and "space" not in broken | {mistake.path[0] for mistake in mistakes}:
        mistakes += also(experiment)
    problems = [*assembled.problems, *document.problems(mistakes)]
    if problems:
        raise UsageError(str(source), problems)
    return experiment


def _salvage(data: dict[str, Any], unknown: Iterable[tuple[str | int, ...]], broken: Collection[str]) -> dict[str, Any]:
    """What the schema accepts of `data`: without its unknown keys, broken sections replaced."""
    kept = deepcopy(data)
    for *parents, key in unknown:
        inside: Any = kept
        for part in parents:
            inside = inside[part]
        del inside[key]
    return {**_STAND_INS, **{section: value for section, value in kept.items() if section not in broken}}


def _assemble(document: Document, file: Path, overrides: Sequence[str]) -> _Assembled:
    """Overrides around the space first, as they may choose the file that those inside it change."""
    if not isinstance(document.data, dict):
        raise UsageError(str(file), [Problem("", "wanted a mapping with the keys name, data and space")])
    inside = [o for o in overrides if override_parts(o)[0] in _FROM_FILES and len(override_parts(o)) > 1]
    document, problems = apply_overrides(document, [o for o in overrides if o not in inside])
    broken: set[str] = set()
    for section, (wanted, stand_in) in _FROM_FILES.items():
        if isinstance(document.data.get(section), str):
            try:
                document = _with_file(document, section, file.parent, wanted)
            except UsageError as error:
                where = document.place((section,))
                problems += [Problem(where, f"{error.source} {problem}") for problem in error.problems]
                document = _with_section(document, section, Document(stand_in, {}))
                broken.add(section)
    document, inner_problems = apply_overrides(document, inside)
    return _Assembled(document, (*problems, *inner_problems), frozenset(broken))


_FROM_FILES: dict[str, tuple[str, Any]] = {
    "space": ("has no search space: wanted the key 'decisions'", _STAND_INS["space"]),
    "prior": ("has no prior", []),
}
"""Sections that may be another file's, given by its name: what is wrong where that has none, and what stands in."""


def _with_file(document: Document, section: str, folder: Path, wanted: str) -> Document:
    """`document` with the file that its `section` names read in, places saying so.

    Raises:
        UsageError: There is no such file, it is no YAML, or it has no such section written out.
    """
    name = document.data[section]
    read = read_document(find_search_space_file(name, beside=folder))
    found = read if section == "space" and _is_space(read) else _inner(read, section)
    if not isinstance(found.data, dict | list):
        raise UsageError(name, [Problem("", wanted)])
    places = {path: f"{name} {place}" for path, place in found.places.items()}
    return _with_section(document, section, Document(found.data, places))


def _with_section(document: Document, section: str, found: Document) -> Document:
    places = {(section, *path): place for path, place in found.places.items()}
    return Document({**document.data, section: found.data}, {(section,): "", **document.places, **places})


def _inner(experiment: Document, section: str) -> Document:
    data = experiment.data.get(section) if isinstance(experiment.data, dict) else None
    places = {path[1:]: place for path, place in experiment.places.items() if path[0] == section and path[1:]}
    return Document(data, places)


def _is_space(document: Document) -> bool:
    return isinstance(document.data, dict) and "decisions" in document.data and "space" not in document.data

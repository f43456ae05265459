"""From a search space's form in YAML to one entry per choice, repeats unrolled to their longest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from gnas_ray.core import Value
from gnas_ray.space.conditions import Conditions
from gnas_ray.space.mistakes import Path
from gnas_ray.space.options import (
    CategoricalOptions,
    DecisionOptions,
    FloatOptions,
    IntegerOptions,
    RepeatOptions,
    SearchSpaceOptions,
)

Form = DecisionOptions | FloatOptions | IntegerOptions | CategoricalOptions


@dataclass(frozen=True)
class Entry:
    """One choice to be made, and where it is written.

    Attributes:
        name: Expanded, e.g. ``layer.0.operator``.
        path: Its place in the YAML; the same for every round of a repeat.
        form: Its options or range.
        when: Its conditions, with expanded names, those of its repeat included.
        condition_paths: Where each condition is written, by the expanded name asked about.
    """

    name: str
    path: Path
    form: Form
    when: Conditions
    condition_paths: Mapping[str, Path]


def unroll(options: SearchSpaceOptions) -> tuple[list[Entry], list[Entry]]:
    """The decisions and the hyperparameters, each in order. A repeat that can't be understood counts once."""
    decisions: list[Entry] = []
    for name, form in options.decisions.items():
        if isinstance(form, RepeatOptions):
            decisions += _repeated(name, form, counts=repeat_counts(form, options))
        else:
            decisions.append(_entry(name, ("decisions", name), _decision_form(form)))
    hyperparameters = [
        _entry(
            name,
            ("hyperparameters", name),
            CategoricalOptions(options=form) if isinstance(form, tuple) else form,
        )
        for name, form in options.hyperparameters.items()
    ]
    return decisions, hyperparameters


def repeat_counts(repeat: RepeatOptions, options: SearchSpaceOptions) -> tuple[int, ...]:
    """How often it may be repeated; empty where that can't be told or is never."""
    if isinstance(repeat.times, int):
        return (repeat.times,) if repeat.times > 0 else ()
    asked = options.decisions.get(repeat.times)
    if asked is None or isinstance(asked, RepeatOptions):
        return ()
    counts = _decision_form(asked).options
    whole = tuple(count for count in counts if isinstance(count, int) and not isinstance(count, bool))
    return whole if len(whole) == len(counts) and min(whole, default=-1) >= 0 and max(whole) > 0 else ()


def _repeated(prefix: str, repeat: RepeatOptions, *, counts: tuple[int, ...]) -> Iterator[Entry]:
    for index in range(max(counts, default=1)):
        inside = {name: f"{prefix}.{index}.{name}" for name in repeat.decisions}
        rounds: tuple[tuple[str, tuple[Value, ...]], ...] = ()
        if counts and isinstance(repeat.times, str):
            rounds = ((repeat.times, tuple(count for count in counts if count > index)),)
        path: Path = ("decisions", prefix)
        for name, form in repeat.decisions.items():
            own = _entry(inside[name], (*path, "decisions", name), _decision_form(form), inside)
            outer_paths = {asked: (*path, "when", asked) for asked in repeat.when}
            yield replace(
                own,
                when=Conditions((*rounds, *Conditions.of(repeat.when).allowed, *own.when.allowed)),
                condition_paths={**outer_paths, **own.condition_paths},
            )


def _entry(name: str, path: Path, form: Form, inside: Mapping[str, str] = MappingProxyType({})) -> Entry:
    """The entry of `form`; a condition on a name `inside` its repeat asks about the same round."""
    when = {inside.get(asked, asked): options for asked, options in form.when.items()}
    paths = {inside.get(asked, asked): (*path, "when", asked) for asked in form.when}
    return Entry(name, path, form, Conditions.of(when), paths)


def _decision_form(form: tuple[Value, ...] | DecisionOptions) -> DecisionOptions:
    return DecisionOptions(options=form) if isinstance(form, tuple) else form

"""A search space from its form in YAML, or every mistake in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from gnas_ray.core import nearest
from gnas_ray.space.choices import Categorical, Decision, Float, Hyperparameter, Integer
from gnas_ray.space.counting import unreachable
from gnas_ray.space.mistakes import Mistake, Path
from gnas_ray.space.options import DecisionOptions, RepeatOptions, SearchSpaceOptions
from gnas_ray.space.references import bad_references
from gnas_ray.space.search_space import SearchSpace
from gnas_ray.space.unrolling import Entry, repeat_counts, unroll


def build_space(options: SearchSpaceOptions) -> SearchSpace:
    """The space that `options` describes.

    Raises:
        ValueError: `find_mistakes` finds one; its text is the first.
    """
    for mistake in find_mistakes(options):
        raise ValueError(f"{'.'.join(map(str, mistake.path))}: {mistake.what}")
    decisions, hyperparameters = unroll(options)
    made = [entry.form.make(entry.name, entry.when) for entry in (*decisions, *hyperparameters)]
    return SearchSpace(
        tuple(choice for choice in made if isinstance(choice, Decision)),
        tuple(choice for choice in made if isinstance(choice, Float | Integer | Categorical)),
    )


def find_mistakes(options: SearchSpaceOptions) -> list[Mistake]:
    """Everything that the form's types allow and a space does not; one mistake a place."""
    decisions, hyperparameters = unroll(options)
    entries = {entry.name: entry for entry in (*decisions, *hyperparameters)}
    choices, mistakes = _make(entries.values())
    mistakes += _repeat_mistakes(options)
    mistakes += _name_mistakes(options)
    mistakes += _condition_mistakes(entries, choices)
    first: dict[Path, Mistake] = {}  # every round of a repeat makes its mistakes again
    for mistake in mistakes:
        first.setdefault(mistake.path, mistake)
    return list(first.values())


def _make(entries: Iterable[Entry]) -> tuple[list[Decision | Hyperparameter], list[Mistake]]:
    """The choices that can be made, and why the others can't."""
    choices: list[Decision | Hyperparameter] = []
    mistakes = []
    for entry in entries:
        try:
            choices.append(entry.form.make(entry.name, entry.when))
        except ValueError as error:
            mistakes.append(Mistake(entry.path, f"{entry.path[-1]!r} {error}"))
    return choices, mistakes


def _repeat_mistakes(options: SearchSpaceOptions) -> list[Mistake]:
    mistakes = []
    earlier: list[str] = []
    for name, form in options.decisions.items():
        if isinstance(form, RepeatOptions):
            if what := _wrong_times(form, options, earlier):
                mistakes.append(Mistake(("decisions", name, "times"), what))
        else:
            earlier.append(name)
    return mistakes


def _wrong_times(repeat: RepeatOptions, options: SearchSpaceOptions, earlier: Sequence[str]) -> str:
    if isinstance(repeat.times, str) and repeat.times not in earlier:
        return f"wanted a number or an earlier decision, got {repeat.times!r}{nearest(repeat.times, earlier)}"
    if not repeat_counts(repeat, options) and not _is_empty(options.decisions.get(str(repeat.times))):
        return f"wanted whole numbers from 0, at least one above 0, got {repeat.times!r}"
    return ""


def _is_empty(form: object) -> bool:
    """Whether a decision's options are a mistake of their own."""
    return form == () or (isinstance(form, DecisionOptions) and not form.options)


def _name_mistakes(options: SearchSpaceOptions) -> list[Mistake]:
    taken = "is the name of a decision already"
    inner = [
        Mistake(("decisions", prefix, "decisions", name), f"{name!r} {taken}")
        for prefix, form in options.decisions.items()
        if isinstance(form, RepeatOptions)
        for name in form.decisions
        if name in options.decisions
    ]
    return inner + [
        Mistake(("hyperparameters", name), f"{name!r} {taken}")
        for name in options.hyperparameters
        if name in options.decisions
    ]


def _condition_mistakes(entries: Mapping[str, Entry], choices: Sequence[Decision | Hyperparameter]) -> list[Mistake]:
    """Bad references, and choices that are never active though their references are good."""
    broken = entries.keys() - {choice.name for choice in choices}
    bad = [reference for reference in bad_references(choices) if reference.asked not in broken]
    mistakes = [
        Mistake(entries[reference.choice].condition_paths[reference.asked], reference.what)
        for reference in bad
        # One that comes from a repeat's `times` is reported there.
        if reference.asked in entries[reference.choice].condition_paths
    ]
    ignored = broken | {reference.asked for reference in bad}
    never = unreachable([replace(choice, when=choice.when.without(ignored)) for choice in choices])
    return mistakes + _never_active(entries.values(), never)


def _never_active(entries: Iterable[Entry], never: Collection[str]) -> list[Mistake]:
    """One mistake for an entry of which no round can be active."""
    by_path: dict[Path, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_path[entry.path].append(entry)
    return [
        Mistake(_conditions_path(rounds[0]), "never active: no member meets these conditions")
        for rounds in by_path.values()
        if all(entry.name in never for entry in rounds)
    ]


def _conditions_path(entry: Entry) -> Path:
    """Its own conditions, its repeat's where it has none, or itself where both have none."""
    paths = list(entry.condition_paths.values())
    return paths[-1][:-1] if paths else entry.path

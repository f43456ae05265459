"""A search space as rows of a table, as `gnas-ray space show` prints it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gnas_ray.core import Value
from gnas_ray.space.conditions import Conditions
from gnas_ray.space.options import DecisionOptions, RepeatOptions, SearchSpaceOptions
from gnas_ray.space.unrolling import unroll


@dataclass(frozen=True)
class SpaceRow:
    """One line of the table.

    Attributes:
        name: With ``*`` for the rounds of a repeat, e.g. ``layer.*.operator``.
        kind: ``decision`` or ``hyperparameter``.
        values: Its options or range.
        when: Its conditions, "" for none.
    """

    name: str
    kind: str
    values: str
    when: str


def space_rows(options: SearchSpaceOptions) -> tuple[SpaceRow, ...]:
    """One row for every entry of the YAML, in order; a repeat's decisions once, not once a round."""
    rows: list[SpaceRow] = []
    for name, form in options.decisions.items():
        if isinstance(form, RepeatOptions):
            rows += _repeat_rows(name, form)
        else:
            rows.append(_decision_row(name, form))
    _, hyperparameters = unroll(options)
    for entry in hyperparameters:
        choice = entry.form.make(entry.name, entry.when)
        rows.append(SpaceRow(choice.name, "hyperparameter", choice.describe(), str(choice.when)))
    return tuple(rows)


def _repeat_rows(prefix: str, repeat: RepeatOptions) -> list[SpaceRow]:
    outer = [f"{repeat.times} times" if isinstance(repeat.times, int) else f"{repeat.times} is above *"]
    outer += [str(Conditions.of(repeat.when))] if repeat.when else []
    rows = []
    for name, form in repeat.decisions.items():
        row = _decision_row(f"{prefix}.*.{name}", form)
        rows.append(replace(row, when=" and ".join([*outer, *filter(None, [row.when])])))
    return rows


def _decision_row(name: str, form: tuple[Value, ...] | DecisionOptions) -> SpaceRow:
    options = DecisionOptions(options=form) if isinstance(form, tuple) else form
    when = Conditions.of(options.when)
    return SpaceRow(name, "decision", options.make(name, when).describe(), str(when))

"""One file to one table in our schema, with everything that is wrong in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gnas_ray.core import Problem, nearest
from gnas_ray.data.columns import (
    Bad,
    Column,
    can_be_text,
    cell_at,
    decode,
    is_category_list,
    is_plain_integer,
    parse_categories,
    parse_ids,
    parse_numbers,
    parse_texts,
    parse_times,
)
from gnas_ray.data.problems import at_rows
from gnas_ray.data.reading import Cells, read_cells
from gnas_ray.data.schema import ITEM_ID, RATING, TEXT, TIMESTAMP, USER_ID, SourceTable
from gnas_ray.data.tablefile import TableFile


@dataclass(frozen=True)
class Role:
    """What a table is for: the columns it must have, and those it may have."""

    ids: tuple[str, ...]
    optional: tuple[str, ...]
    has_categories: bool = True

    @property
    def known(self) -> tuple[str, ...]:
        """Every column of our schema in such a table."""
        return self.ids + self.optional


INTERACTIONS = Role((USER_ID, ITEM_ID), (RATING, TIMESTAMP), has_categories=False)
ITEMS = Role((ITEM_ID,), (TEXT,))
USERS = Role((USER_ID,), ())


@dataclass(frozen=True)
class Loaded:
    """A table whose ids may still be strings only because text files have no types."""

    source: SourceTable
    role: Role
    ids_are_untyped: bool


def load_table(file: TableFile, role: Role) -> tuple[Loaded | None, list[Problem]]:
    """The table in `file`, None when it has no rows to speak of, and its problems."""
    cells, problems = read_cells(file)
    if cells is None:
        return None, problems
    matched, missing = _match(file, role, cells)
    problems += missing
    columns: dict[str, Column] = {}
    for ours, theirs in matched.items():
        decoded, undecoded = zip(*(decode(cells.table[name]) for name in theirs), strict=True)
        for name, bad in zip(theirs, undecoded, strict=True):
            problems += _bad_cells(file, cells, name, bad, wanted="text in UTF-8")
        columns[ours], bad = _parse(ours, decoded)
        told = np.any(undecoded, axis=0)
        if cells.is_text and ours != TEXT:
            over_lines = pc.match_substring(decoded[0], "\n").to_numpy()
            problems += _bad_cells(file, cells, theirs[0], over_lines, wanted="one line; a quote is closed too late")
            told = told | over_lines
        bad = bad & ~told
        problems += _bad_cells(file, cells, ", ".join(theirs), bad, wanted=_WANTED.get(ours, ""))
    extra, more = _extra_columns(file, role, cells, {name for names in matched.values() for name in names})
    problems += more
    if not all(name in columns for name in role.ids):
        return None, problems
    named = {ours: theirs[0] for ours, theirs in matched.items()}
    source = SourceTable(str(file.path), pa.table({**columns, **extra}), cells.rows, named)
    return Loaded(source, role, cells.is_text), problems


def unify_ids(tables: Sequence[Loaded], name: str) -> tuple[list[Loaded], list[Problem]]:
    """The same id column with one type in every table whose role has it; in others it is a further column like any.

    Parquet's types count. Ids of text files follow them; among themselves they are integers when every one of
    them is written as one ("7", but not "007"), and strings otherwise. Where all ids of a file are written like "7.0",
    as pandas does once one was missing, they are read as "7".
    """
    tables = [_without_point_zero(table, name) if name in table.role.ids else table for table in tables]
    having = [table for table in tables if name in table.role.ids]
    typed = {table.source.table[name].type: table.source.file for table in having if not table.ids_are_untyped}
    if len(typed) > 1:
        told = " but ".join(f"{type_} in {file}" for type_, file in typed.items())
        return list(tables), [Problem("", f"{name} is {told}")]
    target = next(iter(typed), None)
    if target is None:
        all_integers = all(is_plain_integer(table.source.table[name]).all() for table in having)
        target = pa.int64() if all_integers else pa.string()
    problems: list[Problem] = []
    unified = []
    for table in tables:
        changed, more = _with_id_type(table, name, target)
        unified.append(changed)
        problems += more
    return unified, problems


def _without_point_zero(table: Loaded, name: str) -> Loaded:
    column = table.source.table[name]
    if not table.ids_are_untyped or not len(column):
        return table
    if not pc.all(pc.fill_null(pc.match_substring_regex(column, r"^-?[0-9]+\.0$"), True)).as_py():
        return table
    position = table.source.table.column_names.index(name)
    changed = table.source.table.set_column(position, name, pc.replace_substring(column, ".0", ""))
    return replace(table, source=replace(table.source, table=changed))


def _with_id_type(table: Loaded, name: str, target: pa.DataType) -> tuple[Loaded, list[Problem]]:
    source = table.source
    if name not in table.role.ids or source.table[name].type == target:
        return table, []
    column = source.table[name]
    bad = np.flatnonzero(~is_plain_integer(column))
    if len(bad):
        what = "{} is no integer, as this id is in other files"
        return table, at_rows(source.file, source.rows[bad], lambda i: what.format(cell_at(column, int(bad[i]))), name)
    position = source.table.column_names.index(name)
    changed = source.table.set_column(position, name, column.cast(target))
    return replace(table, source=replace(source, table=changed)), []


_WANTED = {RATING: "a finite number", TIMESTAMP: "a whole number or an ISO 8601 date, not both in a column"}


def _match(file: TableFile, role: Role, cells: Cells) -> tuple[dict[str, tuple[str, ...]], list[Problem]]:
    """Our columns -> the file's; and problems with the user's column map."""
    where = f"{file.path}: row 1" if cells.is_text and not file.names else str(file.path)
    present = cells.table.column_names
    problems = [
        Problem(str(file.path), f"columns has {ours!r}, which such a table has not{nearest(ours, role.known)}")
        for ours in file.columns
        if ours not in role.known
    ]
    matched = {}
    for ours in role.known:
        mapped = file.columns.get(ours, ours)
        theirs = (mapped,) if isinstance(mapped, str) else mapped
        if len(theirs) > 1 and ours != TEXT:
            problems.append(Problem(str(file.path), f"{ours} is one column, not {len(theirs)}"))
        absent = [name for name in theirs if name not in present]
        if not absent:
            matched[ours] = theirs
        elif ours in role.ids or ours in file.columns:
            hint = _separator_hint(present) if cells.is_text else ""
            problems += [
                Problem(where, f"no column {name!r} for {ours}{hint or nearest(name, present)}") for name in absent
            ]
    no_texts = _no_texts(file, cells, matched.get(TEXT, ()))
    if no_texts:
        del matched[TEXT]
    return matched, problems + no_texts


def _separator_hint(present: Sequence[str]) -> str:
    """What to do about a header that is a single column, but has a separator in it."""
    found = [mark for mark in (";", ",", "|", "\t") if len(present) == 1 and mark in present[0]]
    return f"; its columns are separated by {found[0]!r}: give the file's 'separator'" if found else ""


def _no_texts(file: TableFile, cells: Cells, names: Sequence[str]) -> list[Problem]:
    types = {name: cells.table[name].type for name in names}
    return [
        Problem(f"{file.path}, column {name!r}", f"{type_}, expected text or lists of it")
        for name, type_ in types.items()
        if not can_be_text(type_)
    ]


def _parse(ours: str, columns: Sequence[Column]) -> tuple[Column, Bad]:
    if ours == TEXT:
        return _join_texts(columns), np.zeros(len(columns[0]), dtype=bool)
    if ours == RATING:
        values, bad = parse_numbers(columns[0])
        with np.errstate(over="ignore"):
            ratings = values.astype(np.float32)
        return pa.chunked_array([ratings]), bad | ~np.isfinite(ratings)
    if ours == TIMESTAMP:
        times, bad = parse_times(columns[0])
        return pa.chunked_array([times]), bad
    return parse_ids(columns[0])


def _join_texts(columns: Sequence[Column]) -> Column:
    texts = [parse_texts(column) for column in columns]
    if len(texts) == 1:
        return texts[0]
    # Arrow's own join leaves out rows that have nothing to be joined (pyarrow 26).
    joined = [". ".join(filter(None, parts)) for parts in zip(*(text.to_pylist() for text in texts), strict=True)]
    return pa.chunked_array([pa.array(joined, pa.string())])


def _extra_columns(
    file: TableFile, role: Role, cells: Cells, used: set[str]
) -> tuple[dict[str, Column], list[Problem]]:
    """Numeric columns and category lists beyond the schema, as float32 and lists of strings."""
    problems = (
        []
        if role.has_categories or not file.categories
        else [Problem(str(file.path), "categories belong to the item and user tables")]
    )
    extra: dict[str, Column] = {}
    for name in (*(file.numeric or ()), *file.categories):
        if name in role.known:
            problems.append(Problem(str(file.path), f"{name!r} is no further column, but one of our own; rename it"))
        elif name not in cells.table.column_names:
            problems.append(Problem(str(file.path), f"no column {name!r}{nearest(name, cells.table.column_names)}"))
    for name in cells.table.column_names:
        if name in role.known:
            continue
        column = cells.table[name]
        if name in file.categories or (role.has_categories and name not in used and is_category_list(column.type)):
            extra[name] = parse_categories(decode(column)[0], file.categories.get(name, ""))
        elif name in (file.numeric or ()) or (file.numeric is None and name not in used):
            values, bad = parse_numbers(column)
            if file.numeric is not None:
                problems += _bad_cells(file, cells, name, bad, wanted="a finite number")
            if not bad.any():
                extra[name] = pa.chunked_array([values.astype(np.float32)])
    return extra, problems


def _bad_cells(file: TableFile, cells: Cells, name: str, bad: Bad, *, wanted: str) -> list[Problem]:
    positions = np.flatnonzero(bad)

    def what(i: int) -> str:
        cell = cell_at(cells.table[name], int(positions[i]))
        return f"{cell}, expected {wanted or 'an id'}"

    return at_rows(str(file.path), cells.rows[positions], what, name)

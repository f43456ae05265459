"""What is wrong between rows and between tables; what is wrong within a cell, `tables` finds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gnas_ray.core import Problem
from gnas_ray.data.columns import cell_at
from gnas_ray.data.leakage import find_leaks
from gnas_ray.data.log import collect_ids, to_log
from gnas_ray.data.problems import at_rows
from gnas_ray.data.schema import ITEM_ID, USER_ID, RawData, SourceTable


def check_tables(raw: RawData) -> list[Problem]:
    """Empty tables, rows that stand twice in the item or user table, tables that know none of the ids, and in given
    parts unknown ids and leaks.
    """
    problems = [
        Problem(source.file, "no interactions in this file") for source in raw.interactions if not len(source.table)
    ]
    problems += _repeated_rows(raw.items, ITEM_ID) + _repeated_rows(raw.users, USER_ID)
    problems += _nothing_in_common(raw, raw.items, ITEM_ID) + _nothing_in_common(raw, raw.users, USER_ID)
    if raw.parts_are_given:
        if not raw.keep_unknown_ids:
            problems += _unknown_ids(raw.interactions, raw.users, USER_ID)
            problems += _unknown_ids(raw.interactions, raw.items, ITEM_ID)
        ids = collect_ids(raw)
        log = to_log(raw, ids)
        problems += find_leaks(log, log.source, ids, [source.file for source in raw.interactions])
    return problems


def unknown_id_mask(part: SourceTable, train: SourceTable, table: SourceTable | None, name: str) -> NDArray[np.bool_]:
    """True where the id of `part` is neither in `train` nor in the item (user) table; (n,)."""
    known = [*train.table[name].chunks, *(table.table[name].chunks if table else ())]
    values = pa.chunked_array(known, train.table[name].type)
    is_known = pc.is_in(part.table[name], value_set=values)
    unknown: NDArray[np.bool_] = pc.and_(pc.is_valid(part.table[name]), pc.invert(is_known)).to_numpy()
    return unknown


def _repeated_rows(source: SourceTable | None, name: str) -> list[Problem]:
    if source is None:
        return []
    column = source.table[name].combine_chunks()
    _, first, inverse = np.unique(
        pc.index_in(column, pc.unique(column)).to_numpy(), return_index=True, return_inverse=True
    )
    is_repeated = first[inverse] != np.arange(len(column))
    repeated = np.flatnonzero(is_repeated & pc.is_valid(column).to_numpy(zero_copy_only=False))

    def what(i: int) -> str:
        position = repeated[i]
        return f"{name} {column[position].as_py()!r} stands already in row {source.rows[first[inverse[position]]]}"

    return at_rows(source.file, source.rows[repeated], what, source.column_in_file.get(name, name))


def _nothing_in_common(raw: RawData, table: SourceTable | None, name: str) -> list[Problem]:
    """An item (user) table without a single id of the interactions: they are written otherwise there."""
    interactions = [source for source in raw.interactions if len(source.table)]
    if table is None or not len(table.table) or not interactions:
        return []
    ids = table.table[name]
    known = ids.combine_chunks()
    if any(pc.any(pc.is_in(source.table[name], value_set=known)).as_py() for source in interactions):
        return []
    first = interactions[0]
    here, there = (cell_at(source.table[name], 0) for source in (table, first))
    return [Problem(table.file, f"none of its {name}s is in {first.file}: {here} here, {there} there")]


def _unknown_ids(parts: Sequence[SourceTable], table: SourceTable | None, name: str) -> list[Problem]:
    train, *others = parts
    noun = name.removesuffix("_id")
    where = f"in train nor in the {noun} table" if table else f"in train nor in a {noun} table (none is given)"
    problems = []
    for part in others:
        positions = np.flatnonzero(unknown_id_mask(part, train, table, name))

        def what(i: int, part: SourceTable = part, positions: np.ndarray = positions) -> str:
            unknown = part.table[name][int(positions[i])].as_py()
            return f"unknown {noun} {unknown!r}, neither {where}; unknown_ids: keep would keep it as cold-start"

        problems += at_rows(part.file, part.rows[positions], what, part.column_in_file.get(name, name))
    return problems

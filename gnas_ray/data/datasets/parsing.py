"""Files of published data sets to tables; what is wrong in one is no user's own mistake to go on after."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from gnas_ray.core import GnasRayError, Problem, UsageError, nearest
from gnas_ray.data.reading import Cells, read_cells
from gnas_ray.data.schema import ITEM_ID, USER_ID, SourceTable
from gnas_ray.data.tablefile import TableFile
from gnas_ray.data.tables import INTERACTIONS, load_table


def interactions_of(file: TableFile, title: str) -> pa.Table:
    """The interactions in `file`, their ids as integers, as they are in the data set `title`.

    Raises:
        UsageError: Every problem of the file.
        GnasRayError: An id is no integer.
    """
    loaded, problems = load_table(file, INTERACTIONS)
    if problems or loaded is None:
        raise UsageError(str(file.path), problems)
    table = loaded.source.table
    for position, name in enumerate((USER_ID, ITEM_ID)):
        table = table.set_column(position, name, integers(table[name], file, title))
    return table


def integers(column: pa.ChunkedArray, file: TableFile, title: str) -> pa.ChunkedArray:
    """The ids in `column` of `file`, as they are in the data set `title`.

    Raises:
        GnasRayError: One is no integer.
    """
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid as error:
        raise GnasRayError(f"{file.path}: not {title}, its ids are no integers") from error


def cells_of(file: TableFile, *columns: str) -> Cells:
    """The cells of one of a published data set's files, which has these `columns`.

    Raises:
        UsageError: Every problem of the file.
    """
    cells, problems = read_cells(file)
    present = cells.table.column_names if cells else []
    missing = [name for name in columns if cells and name not in present]
    problems += [Problem("row 1", f"no column {name!r}{nearest(name, present)}") for name in missing]
    if problems or cells is None:
        raise UsageError(str(file.path), problems)
    return cells


def in_memory(name: str, table: pa.Table) -> SourceTable:
    """A table of a verified data set; its rows count from 1."""
    return SourceTable(name, table.combine_chunks(), np.arange(1, len(table) + 1))

"""Cells to values: ids, numbers, times and categories, and the rows where a cell is none."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Column: TypeAlias = pa.ChunkedArray
Bad = NDArray[np.bool_]
"""True where a cell does not hold what its column should; (n,)."""

_INTEGER = r"^-?[0-9]+$"
_PLAIN_INTEGER = r"^(0|-?[1-9][0-9]{0,17})$"
"""An integer that fits in 64 bits and is written the only way; "007" is a string."""
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"


def plain(column: Column) -> Column:
    """`column` without dictionary encoding, views or large offsets."""
    type_ = column.type
    if pa.types.is_dictionary(type_):
        return plain(column.cast(type_.value_type))
    return column.cast(pa.string()) if _is_text(type_) else column


def is_plain_integer(column: Column) -> Bad:
    """True where a cell of a string column is an integer written the usual way, or null."""
    return _mask(pc.fill_null(pc.match_substring_regex(column, _PLAIN_INTEGER), True))


def parse_ids(column: Column) -> tuple[Column, Bad]:
    """Int64 or string ids, as they are; null and bad where there is none."""
    column = plain(column)
    if pa.types.is_integer(column.type):
        return _safe_cast(column, pa.int64())
    if not pa.types.is_string(column.type):
        return column, np.ones(len(column), dtype=bool)
    column = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
    return column, _mask(pc.is_null(column))


def parse_numbers(column: Column) -> tuple[NDArray[np.float64], Bad]:
    """Numbers, (n,); bad where a cell is not a finite one."""
    column = plain(column)
    if pa.types.is_string(column.type):
        column = pc.utf8_trim_whitespace(column)
        column = pc.if_else(pc.match_substring_regex(column, _NUMBER), column, pa.scalar("nan"))
    elif not (_is_number(column.type) or pa.types.is_boolean(column.type) or pa.types.is_null(column.type)):
        return np.full(len(column), np.nan), np.ones(len(column), dtype=bool)
    values = pc.fill_null(column.cast(pa.float64(), safe=False), np.nan).to_numpy()
    return values, ~np.isfinite(values)


def parse_times(column: Column) -> tuple[NDArray[np.int64], Bad]:
    """Timestamps in the unit given; dates and times (ISO 8601 where text) as Unix milliseconds; (n,)."""
    column = plain(column)
    if pa.types.is_string(column.type):
        column = pc.utf8_trim_whitespace(column)
        if len(column) and not _mask(pc.match_substring_regex(column, _NUMBER)).any():
            column = _iso_dates(column)
        elif _mask(pc.match_substring_regex(column, _INTEGER)).all():
            column, bad = _safe_cast(column, pa.int64())
            return _integers(column), bad
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("ms"), safe=False).cast(pa.int64())
    if pa.types.is_integer(column.type):
        column, bad = _safe_cast(column, pa.int64())
        return _integers(column), bad
    values, bad = parse_numbers(column)
    bad |= np.abs(values) >= 2.0**63
    return np.where(bad, 0, values).astype(np.int64), bad


def parse_categories(column: Column, separator: str) -> Column:
    """Lists of categories; a string is cut at `separator`, "" for a single category."""
    lists = [_categories(cell, separator) for cell in plain(column).to_pylist()]
    return pa.chunked_array([pa.array(lists, pa.list_(pa.string()))])


def is_category_list(type_: pa.DataType) -> bool:
    """Whether a Parquet column is a list of strings or integers."""
    is_list = pa.types.is_list(type_) or pa.types.is_large_list(type_)
    return is_list and (_is_text(type_.value_type) or pa.types.is_integer(type_.value_type))


def cell_at(column: Column, position: int) -> str:
    """A cell as an error names it."""
    value = column[position].as_py()
    return "nothing" if value is None or value == "" else repr(value)


def _iso_dates(column: Column) -> Column:
    try:
        return column.cast(pa.timestamp("ms"))
    except pa.ArrowInvalid:
        return column


def _integers(column: Column) -> NDArray[np.int64]:
    values: NDArray[np.int64] = pc.fill_null(column, 0).to_numpy()
    return values


def _safe_cast(column: Column, type_: pa.DataType) -> tuple[Column, Bad]:
    """The column cast; bad where it is null, and everywhere when a value does not fit."""
    try:
        return column.cast(type_), _mask(pc.is_null(column))
    except pa.ArrowInvalid:
        return pa.chunked_array([pa.nulls(len(column), type_)]), np.ones(len(column), dtype=bool)


def _categories(cell: object, separator: str) -> list[str]:
    if isinstance(cell, str):
        cell = cell.split(separator) if separator else [cell]
    elif not isinstance(cell, list):
        cell = [cell]
    return [str(category).strip() for category in cell if category is not None and str(category).strip()]


def _mask(column: Column) -> Bad:
    mask: Bad = pc.fill_null(column, False).to_numpy(zero_copy_only=False)
    return mask


def _is_number(type_: pa.DataType) -> bool:
    return bool(pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_))


def _is_text(type_: pa.DataType) -> bool:
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_))

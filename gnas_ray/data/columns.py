"""Cells to values: ids, numbers, times, texts and categories, and the rows where a cell is none."""

from __future__ import annotations

from contextlib import suppress
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
_DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"([01][0-9]|2[0-3])(:[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?)?"
_ZONE = r"(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)"
_DATE = rf"^{_DAY}([ T]{_CLOCK}{_ZONE}?)?$"
_ZONED = r"[ T].*[Z+-]"
"""What has a zone, of all that is a `_DATE`."""
_BYTES = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
_FIRST_SECOND = 1e8
"""Of Unix time, in 1973: fractions of something smaller are no times."""
_BELOW_MILLISECONDS = r"(\.[0-9]{3})[0-9]+"


def plain(column: Column) -> Column:
    """`column` without dictionary encoding, views or large offsets; UUIDs as text."""
    type_ = column.type
    if pa.types.is_dictionary(type_):
        return plain(column.cast(type_.value_type))
    if isinstance(type_, pa.UuidType):
        return pa.chunked_array([pa.array([None if u is None else str(u) for u in column.to_pylist()], pa.string())])
    return column.cast(pa.string()) if _is_text(type_) else column


def decode(column: Column) -> tuple[Column, Bad]:
    """A column of bytes, as Parquet files without types of text have it, as strings; bad where that is no UTF-8."""
    column = plain(column)
    if pa.types.is_string(column.type):
        try:
            column.validate(full=True)
        except pa.ArrowInvalid:  # some writers say that it is text, and don't look
            column = column.cast(pa.binary())
    if not any(is_bytes(column.type) for is_bytes in _BYTES):
        return column, np.zeros(len(column), dtype=bool)
    try:
        return column.cast(pa.string()), np.zeros(len(column), dtype=bool)
    except pa.ArrowInvalid:
        texts = [_text_or_none(cell) for cell in column.to_pylist()]
        bad = np.array([text is None and cell.as_py() is not None for text, cell in zip(texts, column, strict=True)])
        return pa.chunked_array([pa.array(texts, pa.string())]), bad


def _text_or_none(cell: bytes | None) -> str | None:
    try:
        return None if cell is None else cell.decode()
    except UnicodeDecodeError:
        return None


def is_plain_integer(column: Column) -> Bad:
    """True where a cell of a string column is an integer written the usual way, or null."""
    return _mask(pc.fill_null(pc.match_substring_regex(column, _PLAIN_INTEGER), True))


def parse_ids(column: Column) -> tuple[Column, Bad]:
    """Int64 or string ids, as they are; null and bad where there is none.

    Whole numbers count in any type: databases write keys as decimals, pandas as floats where one was missing.
    """
    column = plain(column)
    if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        column = _whole(column)
    if pa.types.is_integer(column.type):
        column = _as_int64(column)
    elif pa.types.is_string(column.type):
        column = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
    else:
        return column, np.ones(len(column), dtype=bool)
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
    """Timestamps in the unit given; dates and times, and Unix seconds with fractions, as Unix milliseconds; (n,).

    Dates as text are in ISO 8601, what is below a millisecond dropped, and UTC where they name no zone. Where a column
    mixes dates and numbers, those of which there are fewer are bad.
    """
    column = plain(column)
    if pa.types.is_string(column.type):
        return _times_in_text(pc.utf8_trim_whitespace(column))
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("ms"), safe=False).cast(pa.int64())
    if pa.types.is_integer(column.type):
        column = _as_int64(column)
        return pc.fill_null(column, 0).to_numpy(), _mask(pc.is_null(column))
    return _whole_numbers(column)


def parse_texts(column: Column) -> Column:
    """Strings without space around them, "" for none; those of a list with a space between them."""
    column = plain(column)
    if is_category_list(column.type):
        texts = [" ".join(str(part) for part in parts or () if part not in (None, "")) for parts in column.to_pylist()]
        column = pa.chunked_array([pa.array(texts, pa.string())])
    return pc.utf8_trim_whitespace(pc.fill_null(column.cast(pa.string()), ""))


def parse_categories(column: Column, separator: str) -> Column:
    """Lists of categories; a string is cut at `separator`, "" for a single category."""
    lists = [_categories(cell, separator) for cell in plain(column).to_pylist()]
    return pa.chunked_array([pa.array(lists, pa.list_(pa.string()))])


def is_category_list(type_: pa.DataType) -> bool:
    """Whether a Parquet column is a list of strings or integers."""
    is_list = pa.types.is_list(type_) or pa.types.is_large_list(type_)
    return is_list and (_is_text(type_.value_type) or pa.types.is_integer(type_.value_type))


def can_be_text(type_: pa.DataType) -> bool:
    """Whether `parse_texts` can read a column of this type: no structures, and of the lists only plain ones."""
    return is_category_list(type_) or not pa.types.is_nested(type_)


def cell_at(column: Column, position: int) -> str:
    """A cell as an error names it."""
    value = column[position].as_py()
    return "nothing" if value is None or value == "" else repr(value)


def _times_in_text(column: Column) -> tuple[NDArray[np.int64], Bad]:
    if _mask(pc.match_substring_regex(column, _INTEGER)).all():
        with suppress(pa.ArrowInvalid):  # for one of more than 64 bits, which is found among the numbers below
            return column.cast(pa.int64()).to_numpy(), np.zeros(len(column), dtype=bool)
    is_date = _mask(pc.match_substring_regex(column, _DATE))
    is_number = _mask(pc.match_substring_regex(column, _NUMBER))
    return _dates(column, is_date) if is_date.sum() > is_number.sum() else _whole_numbers(column)


def _whole_numbers(column: Column) -> tuple[NDArray[np.int64], Bad]:
    """Whole numbers as they are; seconds with fractions, as Python's clock tells them, in whole milliseconds."""
    values, bad = parse_numbers(column)
    has_fraction = values != np.floor(values)
    if (has_fraction & ~bad).any() and (values[~bad] >= _FIRST_SECOND).all():
        values, has_fraction = np.floor(1000 * values), np.zeros(len(values), dtype=bool)
    bad = bad | (np.abs(values) >= 2.0**63) | has_fraction
    return np.where(bad, 0, values).astype(np.int64), bad


def _dates(column: Column, is_date: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Bad]:
    """Unix milliseconds; Arrow wants dates with a zone and without apart."""
    is_zoned = is_date & _mask(pc.match_substring_regex(column, _ZONED))
    times, bad = np.zeros(len(column), dtype=np.int64), ~is_date
    for mask, zone in ((is_date & ~is_zoned, None), (is_zoned, "UTC")):
        dates = pc.replace_substring_regex(column.filter(pa.array(mask)), _BELOW_MILLISECONDS, r"\1")
        times[mask], bad[mask] = _cast_dates(dates, pa.timestamp("ms", zone))
    return times, bad


def _cast_dates(column: Column, type_: pa.DataType) -> tuple[NDArray[np.int64], Bad]:
    """`column` as `type_` in integers; bad where there is no such day, e.g. 30 February, found by halving."""
    try:
        return column.cast(type_).cast(pa.int64()).to_numpy(), np.zeros(len(column), dtype=bool)
    except pa.ArrowInvalid:
        if len(column) == 1:
            return np.zeros(1, dtype=np.int64), np.ones(1, dtype=bool)
    middle = len(column) // 2
    first, second = _cast_dates(column[:middle], type_), _cast_dates(column[middle:], type_)
    return np.concatenate([first[0], second[0]]), np.concatenate([first[1], second[1]])


def _whole(column: Column) -> Column:
    """Numbers as int64 where all are whole and fit; else as they are."""
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column


def _as_int64(column: Column) -> Column:
    """An integer column; null where an unsigned integer does not fit."""
    if pa.types.is_uint64(column.type):
        column = pc.if_else(pc.less(column, pa.scalar(2**63, pa.uint64())), column, pa.scalar(None, pa.uint64()))
    return column.cast(pa.int64())


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

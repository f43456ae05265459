"""Files to tables: the cells as they stand, and the row each stands in."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from gnas_ray.core import Problem
from gnas_ray.data.problems import MAX_EXAMPLES, at_rows
from gnas_ray.data.tablefile import TableFile

_BLOCK_BYTES = 16 << 20
"""A row must fit in a block."""


@dataclass(frozen=True)
class Cells:
    """A file's cells under the file's own column names.

    Attributes:
        table: All columns strings where the file is text; Parquet keeps its types.
        rows: Row number of every row in the file, from 1, a header row counted; (n,).
        is_text: Whether the types are unknown.
    """

    table: pa.Table
    rows: NDArray[np.int64]
    is_text: bool


@dataclass
class _Skipped:
    """Rows with too few or too many fields, as pyarrow comes by them."""

    expected: int = 0
    numbers: list[int] = field(default_factory=list)
    found: list[int] = field(default_factory=list)

    def __call__(self, row: pa.csv.InvalidRow) -> str:
        self.expected = row.expected_columns
        self.numbers.append(row.number)
        self.found.append(row.actual_columns)
        return "skip"

    def problems(self, where: str) -> list[Problem]:
        return at_rows(
            where,
            self.numbers,
            lambda i: f"{self.found[i]} field{'s' * (self.found[i] != 1)}, expected {self.expected}",
        )


def read_cells(file: TableFile) -> tuple[Cells | None, list[Problem]]:
    """The cells of `file`, None when it can't be read, and every problem met on the way."""
    if file.path.is_dir():
        return None, [Problem(str(file.path), "a folder; write what is in it as one file")]
    if not file.path.is_file():
        return None, [Problem(str(file.path), f"no such file{_near(file.path)}")]
    return _read_parquet(file) if file.kind == "parquet" else _read_text(file)


def _near(path: Path) -> str:
    """A hint at the file beside it whose name is most like it; without suffixes, or all would be alike."""
    beside = {other.stem: other.name for other in path.parent.glob("*") if other.is_file()}
    close = get_close_matches(path.stem, beside, n=1)
    return f"; did you mean {beside[close[0]]!r}?" if close else ""


def _read_parquet(file: TableFile) -> tuple[Cells | None, list[Problem]]:
    try:
        table = pa.parquet.read_table(file.path)
    except (pa.ArrowException, OSError) as error:
        return None, [Problem(str(file.path), f"cannot be read as Parquet: {_first_line(error)}")]
    return Cells(table, np.arange(1, len(table) + 1), is_text=False), []


def _read_text(file: TableFile) -> tuple[Cells | None, list[Problem]]:
    try:
        return _parse(file, file.path.open("rb"), _codec(file))
    except UnicodeDecodeError:
        # Read on with the bad characters replaced, so that the file's other problems are found as well.
        patched = file.path.read_bytes().decode(_codec(file), errors="replace").encode()
        cells, problems = _parse(file, io.BytesIO(patched), "utf-8-sig")
        return cells, _encoding_problems(file) + problems


def _parse(file: TableFile, content: BinaryIO, codec: str) -> tuple[Cells | None, list[Problem]]:
    """The cells of `content`, which is `file` or its repaired text.

    Raises:
        UnicodeDecodeError: `content` is not in `codec`.
    """
    where = str(file.path)
    with content:
        try:
            names = list(file.names) or _header(file, content, codec)
        except csv.Error as error:
            return None, [Problem(where, f"its first line is no header of a {file.kind.upper()} file: {error}")]
        twice = [name for name, count in Counter(names).items() if count > 1]
        if not names or twice:
            return None, [Problem(where, f"two columns named {twice[0]!r}" if twice else "the file is empty")]
        skipped = _Skipped()
        try:
            content.seek(0)
            table = pa.csv.read_csv(content, **_arrow_options(file, names, codec, skipped))
        except pa.ArrowInvalid as error:
            if "UTF8" in str(error):
                raise UnicodeDecodeError(codec, b"", 0, 0, str(error)) from None
            if not any(text in str(error) for text in ("Empty CSV", "Could not skip")):
                return None, [Problem(where, f"cannot be read as {file.kind.upper()}: {_first_line(error)}")]
            table = pa.table({name: pa.array([], pa.string()) for name in names})  # a header, nothing below it
    first = 1 if file.names else 2
    numbers = np.arange(first, first + len(table) + len(skipped.numbers))
    kept = np.delete(numbers, [number - first for number in skipped.numbers])
    cells = _without_blank_rows(Cells(table, kept, is_text=True))
    return cells, skipped.problems(where) + _open_quote(file, cells)


def _open_quote(file: TableFile, cells: Cells) -> list[Problem]:
    """A quote that is never closed, after which pyarrow takes all that comes for one cell."""
    if file.kind != "csv" or not len(cells.table) or "\n" not in cells.table.columns[-1][-1].as_py():
        return []
    with file.path.open("rb") as content:
        content.seek(max(0, content.seek(0, io.SEEK_END) - 4096))
        if content.read().decode(_codec(file), errors="ignore").rstrip().endswith('"'):
            return []
    return at_rows(str(file.path), cells.rows[-1:], lambda _: "a quote is opened here and never closed")


def _header(file: TableFile, content: BinaryIO, codec: str) -> list[str]:
    lines = io.TextIOWrapper(content, encoding=codec, newline="")
    try:
        return _fields(file, lines)
    finally:
        lines.detach()


def _fields(file: TableFile, lines: Iterable[str]) -> list[str]:
    """The fields of the first row of `lines`."""
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if file.kind == "csv" else csv.QUOTE_NONE
    return next(csv.reader(lines, delimiter=file.field_separator, quoting=quoting), [])


def _codec(file: TableFile) -> str:
    """Python's name of the encoding; a byte order mark is no part of the first column's name."""
    return "utf-8-sig" if codecs.lookup(file.encoding).name == "utf-8" else file.encoding


def _arrow_options(file: TableFile, names: list[str], codec: str, on_invalid_row: _Skipped) -> dict[str, object]:
    is_quoted = file.kind == "csv"
    return {
        "read_options": pa.csv.ReadOptions(
            use_threads=False,  # pyarrow numbers invalid rows only so
            block_size=_BLOCK_BYTES,
            encoding="utf8" if codec == "utf-8-sig" else codec,
            column_names=names,
            skip_rows=0 if file.names else 1,
        ),
        "parse_options": pa.csv.ParseOptions(
            delimiter=file.field_separator,
            quote_char='"' if is_quoted else False,
            newlines_in_values=is_quoted,
            ignore_empty_lines=False,  # they count as rows
            invalid_row_handler=on_invalid_row,
        ),
        "convert_options": pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    }


def _without_blank_rows(cells: Cells) -> Cells:
    blank = np.ones(len(cells.table), dtype=bool)
    for column in cells.table.columns:
        if not blank.any():
            return cells
        blank &= pc.equal(column, "").to_numpy()
    return Cells(cells.table.filter(pa.array(~blank)), cells.rows[~blank], cells.is_text)


def _encoding_problems(file: TableFile) -> list[Problem]:
    """Where a text file is not in its encoding; found line by line, only once reading has failed."""
    where, rows, columns, bad_bytes = str(file.path), [], [], []
    names = list(file.names)
    with file.path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                text = line.decode(_codec(file))
            except UnicodeDecodeError as error:
                rows.append(number)
                columns.append(max(0, len(_fields(file, [line[: error.start].decode("latin-1")])) - 1))
                bad_bytes.append(line[error.start : error.end].hex(" "))
                continue
            names = names or _fields(file, [text])
    problems = [
        Problem(
            f"{where}: row {row}" + (f", column {names[column]!r}" if column < len(names) else ""),
            f"bytes {bad!r} are not {file.encoding}; give the file's 'encoding', e.g. latin-1",
        )
        for row, column, bad in zip(rows[:MAX_EXAMPLES], columns, bad_bytes, strict=False)
    ]
    more = len(rows) - MAX_EXAMPLES
    return problems + ([Problem(where, f"... and {more} more rows like this")] if more > 0 else [])


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else repr(error)

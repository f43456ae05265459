"""One file with a table in it, as the user describes it in YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from gnas_ray.core.files import expand_home

_FORMATS = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv"}

Format = Literal["parquet", "csv", "tsv"]


class TableFile(BaseModel):
    """A Parquet, CSV or TSV file and how its columns map to our schema.

    Attributes:
        path: The file; relative to the YAML it is written in.
        format: ``parquet``, ``csv``, or ``tsv`` (fields are never quoted); by default what the suffix says,
            ``tsv`` for all but ``.parquet``, ``.pq`` and ``.csv``.
        columns: Our name -> the file's, where they differ, e.g. ``{user_id: uid}``. `text` may name several
            columns; they are joined with ". ".
        numeric: Further columns to keep as numbers; by default every other column that holds a finite number
            in every row.
        categories: Further columns to keep as lists of categories: the file's column -> what separates the
            categories in a cell ("" for a single one). Parquet columns of lists are kept without being named.
        separator: Between fields of a text file; by default "," in CSV, a tab in TSV.
        encoding: Of a text file.
        names: Names of the columns of a text file without a header row.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    format: Format | None = None
    columns: dict[str, str | tuple[str, ...]] = {}
    numeric: tuple[str, ...] | None = None
    categories: dict[str, str] = {}
    separator: str | None = Field(default=None, min_length=1, max_length=1)
    encoding: str = "utf-8"
    names: tuple[str, ...] = ()

    @field_validator("path")
    @classmethod
    def _relative_to_the_yaml(cls, path: Path, info: ValidationInfo) -> Path:
        folder = (info.context or {}).get("folder")
        return (Path(folder) / expand_home(path)).absolute() if folder else path

    @field_validator("encoding")
    @classmethod
    def _known_to_python(cls, encoding: str) -> str:
        try:
            b"a".decode(encoding, errors="ignore")
        except LookupError:  # also for what is known, but makes no text of bytes
            raise ValueError(f"unknown encoding {encoding!r}; try utf-8, latin-1 or cp1252") from None
        return encoding

    @field_validator("separator")
    @classmethod
    def _in_ascii(cls, separator: str | None) -> str | None:
        if separator and not separator.isascii():
            raise ValueError(f"wanted a character of ASCII, got {separator!r}")
        return separator

    @property
    def kind(self) -> Format:
        """The format, explicit or from the suffix."""
        return self.format or cast(Format, _FORMATS.get(self.path.suffix.lower(), "tsv"))

    @property
    def field_separator(self) -> str:
        """The separator, explicit or from the format."""
        return self.separator or ("," if self.kind == "csv" else "\t")


def _path_alone(value: Any) -> Any:
    return {"path": value} if isinstance(value, str | Path) else value


AnyTableFile = Annotated[TableFile, BeforeValidator(_path_alone, json_schema_input_type=str | TableFile)]
"""A `TableFile`, or its path alone."""

"""What a data set is: options from YAML, and three methods."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from gnas_ray.data.schema import RawData


@dataclass(frozen=True)
class Fetched:
    """What `Dataset.fetch` put on this machine.

    Attributes:
        folder: Where it is.
        origin: Where it came from, for people: an address, a package, a folder.
        sha256: Checksum of its content, the same whatever the origin.
        counts: E.g. ``{"users": 943, "items": 1682, "interactions": 100000}``.
    """

    folder: Path
    origin: str
    sha256: str
    counts: dict[str, int]


class Dataset(BaseModel, ABC):
    """A source of interactions. Its fields are the keys the user writes under ``data.dataset``.

    A member declares ``name: Literal["its-name"] = "its-name"`` and its own fields. None of the methods may
    filter, split or reorder rows: `prepare` does that, the same for every data set.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str

    @abstractmethod
    def fetch(self, home: Path, source: Path | None = None) -> Fetched:
        """Put the data under `home` and verify it; a no-op when it is there already and `source` is None.

        Args:
            home: The folder of `find_home`.
            source: A folder that holds the original files; None to download them.

        Raises:
            GnasRayError: No way to get it worked (the text lists all of them), or what came is not the data set.
        """

    @abstractmethod
    def content_key(self, home: Path) -> str:
        """A hash of what `load` would return, without the cost of parsing it."""

    @abstractmethod
    def load(self, home: Path) -> RawData:
        """The tables in our schema, rows in their original order.

        Raises:
            UsageError: Every problem of every file at once, each with its file, row and column.
        """

"""MovieLens-100K (Harper and Konstan 2015, doi:10.1145/2827872): films, 943 users, 100,000 ratings."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from gnas_ray.data.datasets.base import Dataset, Fetched
from gnas_ray.data.schema import RawData


class MovieLens100K(Dataset):
    """MovieLens-100K; the item text is ``Toy Story (1995). Genres: Animation, Children's, Comedy``."""

    name: Literal["movielens-100k"] = "movielens-100k"

    def fetch(self, home: Path, source: Path | None = None) -> Fetched:  # noqa: D102
        raise NotImplementedError

    def content_key(self, home: Path) -> str:  # noqa: D102
        raise NotImplementedError

    def load(self, home: Path) -> RawData:  # noqa: D102
        raise NotImplementedError

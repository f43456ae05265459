"""MovieLens-100K (Harper and Konstan 2015, doi:10.1145/2827872): films, 943 users, 100,000 ratings.

GroupLens allows research use and no redistribution, so it is fetched, never shipped.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from typing_extensions import override

from gnas_ray.core import GnasRayError
from gnas_ray.core.wheels import download_wheel
from gnas_ray.data.datasets.movielens_forms import find_files, read_files
from gnas_ray.data.datasets.published import Published, PublishedDataset
from gnas_ray.data.datasets.verification import verified
from gnas_ray.data.downloads import download_zip
from gnas_ray.data.schema import RawData

TITLE = "MovieLens-100K"
ADDRESS = "https://files.grouplens.org/datasets/movielens/ml-100k.zip"
WHEEL = "recbole==1.2.1"
COUNTS = {"users": 943, "items": 1682, "interactions": 100_000}
SHA256 = "6cfffb52c89b05fbc3afb75f6912eeda04c81c2add0dc58e773a0ef6c8adb160"
"""Of the ratings, see `verification.checksum`."""


class MovieLens100K(PublishedDataset):
    """MovieLens-100K; the item text is ``Toy Story (1995). Genres: Animation, Children's, Comedy``."""

    name: Literal["movielens-100k"] = "movielens-100k"

    @property
    @override
    def published(self) -> Published:
        return _PUBLISHED


def _read(folder: Path) -> RawData:
    files = find_files(folder)
    if files is None:
        raise GnasRayError(f"{folder}: neither u.data, u.item, u.user nor ml-100k.inter, .item, .user are here")
    return verified(read_files(files), str(files), TITLE, COUNTS, SHA256)


_PUBLISHED = Published(
    title=TITLE,
    command="gnas-ray data fetch movielens-100k",
    ways=(
        (ADDRESS, lambda folder: download_zip(ADDRESS, folder)),
        (f"the wheel of {WHEEL}, through pip", lambda folder: download_wheel(WHEEL, folder)),
    ),
    read=_read,
    files="the files of ml-100k.zip (u.data, u.item, u.user) or of RecBole (ml-100k.inter, .item, .user)",
)

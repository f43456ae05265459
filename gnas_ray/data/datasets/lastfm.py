"""HetRec 2011's Last.fm (Cantador, Brusilovsky and Kuflik 2011, doi:10.1145/2043932.2044016): who listens to whom.

1,892 listeners, 17,632 artists, 92,834 pairs. Last.fm allows non-commercial use, so it is fetched, never shipped.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pyarrow as pa
from typing_extensions import override

from gnas_ray.core import GnasRayError
from gnas_ray.data.datasets.parsing import cells_of, in_memory, integers, interactions_of
from gnas_ray.data.datasets.published import Published, PublishedDataset
from gnas_ray.data.datasets.verification import verified
from gnas_ray.data.downloads import download_zip
from gnas_ray.data.schema import ITEM_ID, RATING, TEXT, USER_ID, RawData
from gnas_ray.data.tablefile import TableFile

TITLE = "HetRec 2011's Last.fm"
ADDRESS = "https://files.grouplens.org/datasets/hetrec2011/hetrec2011-lastfm-2k.zip"
COUNTS = {"users": 1892, "items": 17_632, "interactions": 92_834}
NUM_TAGS = 10
"""How many of an artist's tags are in its text."""

_FILES = ("user_artists.dat", "artists.dat", "tags.dat", "user_taggedartists.dat")


class LastFM(PublishedDataset):
    """HetRec 2011's Last.fm; the rating is how often a user listened to an artist.

    The item text is ``Diary of Dreams. darkwave, german, gothic``: the tags that most users gave, most given first,
    ties by name; the name alone for an artist without tags.
    """

    name: Literal["lastfm-hetrec-2k"] = "lastfm-hetrec-2k"

    @property
    @override
    def published(self) -> Published:
        return _PUBLISHED


def read_files(folder: Path) -> RawData:
    """The tables of the files in `folder`.

    Raises:
        UsageError: Every problem of a file.
    """
    columns = {USER_ID: "userID", ITEM_ID: "artistID", RATING: "weight"}
    listening = interactions_of(TableFile(path=folder / "user_artists.dat", columns=columns), TITLE)
    file = TableFile(path=folder / "artists.dat")
    artists = cells_of(file, "id", "name").table
    tags = _tags(folder)
    texts = [
        ". ".join([name.strip(), *([", ".join(tags[artist])] if artist in tags else [])])
        for artist, name in zip(artists["id"].to_pylist(), artists["name"].to_pylist(), strict=True)
    ]
    items = pa.table({ITEM_ID: integers(artists["id"], file, TITLE), TEXT: texts})
    return RawData((in_memory("ratings", listening),), in_memory("items", items))


def _tags(folder: Path) -> dict[str, list[str]]:
    """An artist's id -> its first `NUM_TAGS` tags, for all that have some."""
    # The one file in latin-1; the others are UTF-8.
    names = cells_of(TableFile(path=folder / "tags.dat", encoding="latin-1"), "tagID", "tagValue").table
    name_of = dict(zip(names["tagID"].to_pylist(), names["tagValue"].to_pylist(), strict=True))
    given = cells_of(TableFile(path=folder / "user_taggedartists.dat"), "artistID", "tagID").table
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for artist, tag in zip(given["artistID"].to_pylist(), given["tagID"].to_pylist(), strict=True):
        if tag not in name_of:
            raise GnasRayError(
                f"{folder}: not {TITLE}, tags.dat has no tag {tag!r}, which user_taggedartists.dat names"
            )
        counts[artist][name_of[tag]] += 1
    return {artist: [tag for tag, _ in sorted(tags.items(), key=_order)[:NUM_TAGS]] for artist, tags in counts.items()}


def _order(tag: tuple[str, int]) -> tuple[int, str]:
    name, count = tag
    return -count, name


def _read(folder: Path) -> RawData:
    for candidate in _candidates(folder):
        if all((candidate / name).is_file() for name in _FILES):
            return verified(read_files(candidate), str(candidate), TITLE, COUNTS)
    raise GnasRayError(f"{folder}: {', '.join(_FILES)} are not all here")


def _candidates(folder: Path) -> Iterator[Path]:
    yield folder
    yield folder / "hetrec2011-lastfm-2k"


_PUBLISHED = Published(
    title=TITLE,
    command="gnas-ray data fetch lastfm-hetrec-2k",
    ways=((ADDRESS, lambda folder: download_zip(ADDRESS, folder)),),
    read=_read,
    files=", ".join(_FILES),
)

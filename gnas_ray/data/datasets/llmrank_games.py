"""Games on Amazon as LLMRank cut them (Hou et al. 2024, arXiv:2305.08845): who bought which, in order, without times.

50,546 users with 5 purchases or more of Amazon's review data of 2018 (Ni, Li and McAuley 2019), 16,859 items, 440,264
purchases. For academic use, so it is fetched, never shipped.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from typing_extensions import override

from gnas_ray.core import GnasRayError
from gnas_ray.data.datasets.parsing import cells_of, in_memory, integers
from gnas_ray.data.datasets.published import Published, PublishedDataset
from gnas_ray.data.datasets.verification import verified
from gnas_ray.data.downloads import download_file
from gnas_ray.data.schema import ITEM_ID, TEXT, USER_ID, RawData
from gnas_ray.data.tablefile import TableFile

TITLE = "LLMRank's Games"
ADDRESS = (
    "https://raw.githubusercontent.com/RUCAIBox/LLMRank/b3999d8fdacc0ad1520d7b036b28589f0e7e6479"
    "/llmrank/dataset/Games-6k"
)
COUNTS = {"users": 50_546, "items": 16_859, "interactions": 440_264}
SHA256 = "bf7f20ea34c35d1e734400d5a02449ac7c9e1938e49939579b54f31c5befd347"
"""Of the purchases, see `verification.checksum`."""

_PURCHASES, _ITEMS = "Games-6k.test.inter", "Games-6k.item"
_USER, _HISTORY, _LAST = "user_id:token", "item_id_list:token_seq", "item_id:token"


class LLMRankGames(PublishedDataset):
    """LLMRank's Games; the item text is the title."""

    name: Literal["amazon-games-llmrank"] = "amazon-games-llmrank"

    @property
    @override
    def published(self) -> Published:
        return _PUBLISHED


def read_files(folder: Path) -> RawData:
    """The tables of the files in `folder`: a user's purchases are its history and then what followed it.

    Raises:
        UsageError: Every problem of a file.
        GnasRayError: An id is no integer.
    """
    file = TableFile(path=folder / _PURCHASES)
    rows = cells_of(file, _USER, _HISTORY, _LAST).table
    bought = [
        [*history.split(), last]
        for history, last in zip(rows[_HISTORY].to_pylist(), rows[_LAST].to_pylist(), strict=True)
    ]
    users = np.repeat(integers(rows[_USER], file, TITLE).to_numpy(), [len(items) for items in bought])
    items = pa.chunked_array([pa.array([item for items in bought for item in items], pa.string())])
    purchases = pa.table({USER_ID: users, ITEM_ID: integers(items, file, TITLE)})
    file = TableFile(path=folder / _ITEMS)
    titles = cells_of(file, "item_id:token", "title:token_seq").table
    table = pa.table({ITEM_ID: integers(titles["item_id:token"], file, TITLE), TEXT: titles["title:token_seq"]})
    return RawData((in_memory("ratings", purchases),), in_memory("items", table))


def _read(folder: Path) -> RawData:
    if not all((folder / name).is_file() for name in (_PURCHASES, _ITEMS)):
        raise GnasRayError(f"{folder}: {_PURCHASES} and {_ITEMS} are not both here")
    return verified(read_files(folder), str(folder), TITLE, COUNTS, SHA256)


def _download(folder: Path) -> None:
    for name in (_PURCHASES, _ITEMS):
        download_file(f"{ADDRESS}/{name}", folder)


_PUBLISHED = Published(
    title=TITLE,
    command="gnas-ray data fetch amazon-games-llmrank",
    ways=((ADDRESS, _download),),
    read=_read,
    files=f"{_PURCHASES} and {_ITEMS}",
)

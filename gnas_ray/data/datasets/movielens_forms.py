"""The two forms MovieLens-100K comes in, read to the same tables."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from gnas_ray.data.datasets.parsing import cells_of, in_memory, interactions_of
from gnas_ray.data.reading import Cells
from gnas_ray.data.schema import ITEM_ID, TEXT, USER_ID, RawData
from gnas_ray.data.tablefile import TableFile

GENRES = (
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
)
"""In the order of u.item's last 19 columns, which is also the order of RecBole's lists."""

_USER_COLUMNS = ("user_id", "age", "gender", "occupation", "zip_code")
_ITEM_COLUMNS = ("movie_id", "movie_title", "release_date", "video_release_date", "imdb_url", *GENRES)


def find_files(folder: Path) -> Path | None:
    """Where below `folder` the files of either form lie."""
    for candidate in (folder, folder / "ml-100k", folder / "recbole" / "dataset_example" / "ml-100k"):
        if (candidate / "u.data").is_file() or (candidate / "ml-100k.inter").is_file():
            return candidate
    return None


def read_files(folder: Path) -> RawData:
    """The tables of the files in `folder`.

    Raises:
        UsageError: Every problem of every file.
    """
    return _read_official(folder) if (folder / "u.data").is_file() else _read_recbole(folder)


def _read_official(folder: Path) -> RawData:
    """GroupLens's own: u.data, u.item, u.user; latin-1, no headers, genres as 19 flags."""
    names = ("user_id", "item_id", "rating", "timestamp")
    ratings = TableFile(path=folder / "u.data", format="tsv", names=names)
    latin = {"format": "tsv", "separator": "|", "encoding": "latin-1"}
    items = cells_of(TableFile(path=folder / "u.item", names=_ITEM_COLUMNS, **latin))
    users = cells_of(TableFile(path=folder / "u.user", names=_USER_COLUMNS, **latin))
    flags = zip(*(items.table[genre].to_pylist() for genre in GENRES), strict=True)
    genres = [[genre for genre, flag in zip(GENRES, row, strict=True) if flag == "1"] for row in flags]
    titles = items.table["movie_title"].to_pylist()
    return _assemble(ratings, _item_table(items, "movie_id", titles, genres), _user_table(users, _USER_COLUMNS))


def _read_recbole(folder: Path) -> RawData:
    """RecBole's: ml-100k.inter, .item, .user; UTF-8, typed headers, title and year apart, genres in one cell."""
    kinds = {"user_id": "token", "item_id": "token", "rating": "float", "timestamp": "float"}
    columns = {name: f"{name}:{kind}" for name, kind in kinds.items()}
    ratings = TableFile(path=folder / "ml-100k.inter", columns=columns)
    items = cells_of(TableFile(path=folder / "ml-100k.item"))
    users = cells_of(TableFile(path=folder / "ml-100k.user"))
    # The last parenthesis of every title was cut off as its year, "V" of "(1995) (V)" too; u.item's only title
    # without one, "unknown", became "unkonwn" twice.
    years = items.table["release_year:token"].to_pylist()
    titles = [
        f"{title} ({year})" if year != "unkonwn" else "unknown"
        for title, year in zip(items.table["movie_title:token_seq"].to_pylist(), years, strict=True)
    ]
    genres = [cell.split() for cell in items.table["class:token_seq"].to_pylist()]
    tokens = tuple(f"{name}:token" for name in _USER_COLUMNS)
    return _assemble(ratings, _item_table(items, "item_id:token", titles, genres), _user_table(users, tokens))


def _item_table(cells: Cells, id_column: str, titles: list[str], genres: list[list[str]]) -> pa.Table:
    known = [[genre for genre in row if genre != "unknown"] for row in genres]
    return pa.table(
        {
            ITEM_ID: cells.table[id_column].cast(pa.int64()),
            TEXT: [item_text(title, row) for title, row in zip(titles, known, strict=True)],
            "genres": pa.array(known, pa.list_(pa.string())),
        }
    )


def item_text(title: str, genres: list[str]) -> str:
    """``Toy Story (1995). Genres: Animation, Children's, Comedy``; "" for the item that nothing is known of."""
    if title == "unknown":
        return ""
    return f"{title}. Genres: {', '.join(genres)}" if genres else title


def _user_table(cells: Cells, columns: tuple[str, ...]) -> pa.Table:
    user_id, age, gender, occupation, zip_code = (cells.table[name] for name in columns)
    lists = pa.list_(pa.string())
    return pa.table(
        {
            USER_ID: user_id.cast(pa.int64()),
            "age": age.cast(pa.float32()),
            "gender": pa.array([[value] for value in gender.to_pylist()], lists),
            "occupation": pa.array([[value] for value in occupation.to_pylist()], lists),
            "zip_code": pa.array([[value] for value in zip_code.to_pylist()], lists),
        }
    )


def _assemble(ratings: TableFile, items: pa.Table, users: pa.Table) -> RawData:
    table = interactions_of(ratings, "MovieLens-100K")
    return RawData((in_memory("ratings", table),), in_memory("items", items), in_memory("users", users))

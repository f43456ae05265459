"""HetRec 2011's Last.fm: texts of names and tags, in two encodings."""

import pytest

from gnas_ray.core import GnasRayError, UsageError
from gnas_ray.data import DataOptions, fetch, prepare
from gnas_ray.data.datasets.lastfm import LastFM, read_files
from gnas_ray.data.schema import ITEM_ID, RATING, TEXT, USER_ID


@pytest.fixture
def folder(tmp_path):
    """Three artists in the official form: one with many tags, one with none, one whom nobody listens to."""
    tags = [*(f"{n}\ttag {n:02}" for n in range(1, 12)), "12\tmúsica"]
    given = [f"7\t52\t{n}\t1\t4\t2009" for n in range(1, 13)]
    given += ["8\t52\t12\t1\t4\t2009", "8\t52\t5\t1\t4\t2009", "9\t52\t12\t1\t4\t2009", "9\t99\t1\t1\t4\t2009"]
    files = {
        "user_artists.dat": ["userID\tartistID\tweight", "7\t53\t13883", "7\t52\t1", "8\t52\t11690"],
        "artists.dat": ["id\tname\turl\tpictureURL", "51\t!!!\thttp://x\t", "52\tBjörk \thttp://x\t", "53\tX\t\t"],
        "tags.dat": ["tagID\ttagValue", *tags],
        "user_taggedartists.dat": ["userID\tartistID\ttagID\tday\tmonth\tyear", *given],
    }
    for name, lines in files.items():
        encoding = "latin-1" if name == "tags.dat" else "utf-8"
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding=encoding)
    return tmp_path


def test_listening_and_texts(folder):
    raw = read_files(folder)
    assert raw.interactions[0].table.to_pydict() == {
        USER_ID: [7, 7, 8],
        ITEM_ID: [53, 52, 52],
        RATING: [13883, 1, 11690],
    }
    # música has 3 users, tag 05 has 2, the others 1 each: by name, and ten in all
    others = ", ".join(f"tag {n:02}" for n in (1, 2, 3, 4, 6, 7, 8, 9))
    assert raw.items.table.to_pydict() == {
        ITEM_ID: [51, 52, 53],
        TEXT: ["!!!", f"Björk. música, tag 05, {others}", "X"],
    }


def test_what_is_not_the_data_set_is_refused(folder):
    with pytest.raises(GnasRayError, match=r"not HetRec 2011's Last.fm, which has .*; here are .*'interactions': 3"):
        fetch("lastfm-hetrec-2k", folder / "home", folder)
    (folder / "user_artists.dat").write_text("userID\tartistID\tweight\n7\tx\t1\n")
    with pytest.raises(GnasRayError, match=r"user_artists.dat: not HetRec 2011's Last.fm, its ids are no integers"):
        read_files(folder)
    (folder / "user_artists.dat").write_text("userID\tartistID\tweight\n7\t1\tmuch\n")
    with pytest.raises(UsageError, match=r"row 2, column 'weight': 'much', expected a finite number"):
        read_files(folder)
    (folder / "tags.dat").unlink()
    with pytest.raises(GnasRayError, match=r"user_artists.dat, artists.dat, tags.dat, .* are not all here"):
        fetch("lastfm-hetrec-2k", folder / "home", folder)


def test_a_tag_without_a_name_is_told(folder):
    (folder / "tags.dat").write_text("tagID\ttagValue\n1\tmetal\n")
    with pytest.raises(GnasRayError, match=r"tags.dat has no tag '2', which user_taggedartists.dat names"):
        read_files(folder)


def test_official_counts_and_texts(real_data, tmp_path):
    fetched = fetch("lastfm-hetrec-2k", tmp_path, real_data / "lastfm-hetrec-2k")
    assert fetched.counts == {"users": 1892, "items": 17_632, "interactions": 92_834}
    data = prepare(DataOptions(dataset=LastFM(), min_item_interactions=3), tmp_path)
    assert (data.num_users, data.num_items) == (1882, 4614)
    texts = dict(zip(data.item_ids.to_pylist(), data.item_texts.to_pylist(), strict=True))
    assert texts[51] == (
        "Duran Duran. 80s, new wave, pop, new romantic, duran duran, synthpop, british, rock, 90s, electronic"
    )
    assert data.train.rating.max() == 352_698

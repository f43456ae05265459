"""Amazon's reviews of 2018 in the form of its page, and as LLMRank cut the games."""

import gzip
import json

import pytest

from gnas_ray.core import GnasRayError, UsageError
from gnas_ray.data import DataOptions, fetch, prepare
from gnas_ray.data.datasets import amazon, llmrank_games
from gnas_ray.data.datasets.llmrank_games import LLMRankGames
from gnas_ray.data.schema import ITEM_ID, RATING, TEXT, TIMESTAMP, USER_ID

CATEGORY = "Gift_Cards"


def write_amazon(folder, category, reviews, products=()):
    """The two files of `category`: reviews (user, item, stars, time) and products (item, title)."""
    keys = ("reviewerID", "asin", "overall", "unixReviewTime")
    lines = [{"verified": True, "style": n, **dict(zip(keys, review, strict=True))} for n, review in enumerate(reviews)]
    _write(folder / f"{category}_5.json.gz", lines)
    lines = [{"description": ["d"], "title": title, "asin": item} for item, title in products]
    _write(folder / f"meta_{category}.json.gz", lines)


def _write(path, lines):
    path.write_bytes(gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode()))


REVIEWS = [("A2", "B0", 5.0, 1500000000), ("A1", "B9", 1.0, 1400000000), ("A2", "B9", 3.0, 1300000000)]


def test_reviews_and_titles_are_read_as_they_come(tmp_path):
    products = [
        *[("B9", ""), ("B9", "Pok&eacute;mon &amp; friends "), ("B9", "another"), ("B7", "nobody reviewed it")],
        ("B0", "var aPageStart = (new Date()).getTime();\nvar ue_t0=ue_t0||+new Date();"),
    ]
    write_amazon(tmp_path, CATEGORY, REVIEWS, products)
    raw = amazon.read_files(tmp_path, CATEGORY)
    assert raw.interactions[0].table.to_pydict() == {
        USER_ID: ["A2", "A1", "A2"],
        ITEM_ID: ["B0", "B9", "B9"],
        RATING: [5, 1, 3],
        TIMESTAMP: [1500000000, 1400000000, 1300000000],
    }
    assert raw.items.table.to_pydict() == {ITEM_ID: ["B0", "B9"], TEXT: ["", "Pokémon & friends"]}


def test_other_reviews_than_the_category_has_are_refused(tmp_path):
    write_amazon(tmp_path, CATEGORY, REVIEWS, [("B9", "Card")])
    with pytest.raises(GnasRayError, match=r"not Amazon's Gift_Cards of 2018, which has .*2972}; here are .*3}"):
        fetch("amazon-2018", tmp_path / "home", tmp_path, {"category": CATEGORY})
    with pytest.raises(GnasRayError, match=r"Software_5.json.gz and meta_Software.json.gz are not both here"):
        fetch("amazon-2018", tmp_path / "home", tmp_path, {"category": "Software"})


def test_broken_files_say_where(tmp_path):
    write_amazon(tmp_path, CATEGORY, [*REVIEWS, ("A1", "B1", "many", 1)], [("B9", "Card")])
    with pytest.raises(GnasRayError, match=r"Gift_Cards_5.json.gz: cannot be read .*overall.* string"):
        amazon.read_files(tmp_path, CATEGORY)
    write_amazon(tmp_path, CATEGORY, [*REVIEWS, ("A1", None, 1.0, 1)], [("B9", "Card")])
    with pytest.raises(GnasRayError, match=r"Gift_Cards_5.json.gz: 1 reviews have no 'asin'"):
        amazon.read_files(tmp_path, CATEGORY)
    (tmp_path / f"{CATEGORY}_5.json.gz").write_bytes(b"a web page")
    with pytest.raises(GnasRayError, match=r"Gift_Cards_5.json.gz: cannot be read"):
        amazon.read_files(tmp_path, CATEGORY)


def test_whole_category_from_a_folder_to_prepared_data(tmp_path):
    reviews = [(f"A{n % 300}", f"B{(7 * n + n // 300) % 40}", 1.0 + n % 5, 1400000000 + n) for n in range(2972)]
    write_amazon(tmp_path, CATEGORY, reviews, [("B3", "For a friend")])
    fetched = fetch("amazon-2018", tmp_path / "home", tmp_path, {"category": CATEGORY})
    assert fetched.counts == {"users": 300, "items": 40, "interactions": 2972}
    plain = {"dataset": {"name": "amazon-2018", "category": CATEGORY}, "deduplicate": "first", "max_users": 50}
    data = prepare(DataOptions.model_validate(plain), tmp_path / "home")
    assert sorted(data.user_ids.to_pylist()) == sorted(f"A{n}" for n in range(50))
    assert dict(zip(data.item_ids.to_pylist(), data.item_texts.to_pylist(), strict=True))["B3"] == "For a friend"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({}, "missing key 'category': --set category=VALUE"),
        ({"category": "Video_Game"}, "category is 'Video_Game'; did you mean 'Video_Games'?"),
        ({"category": "Books", "categry": 1}, "unknown key 'categry'; did you mean 'category'?"),
    ],
)
def test_wrong_keys_are_told_in_words(tmp_path, keys, said):
    with pytest.raises(UsageError) as error:
        fetch("amazon-2018", tmp_path, options=keys)
    assert str(error.value) == f"amazon-2018: 1 problem\n  {said}"


GAMES = {
    "Games-6k.test.inter": "user_id:token\titem_id_list:token_seq\titem_id:token\n0\t2 0\t1\n1\t0\t2\n",
    "Games-6k.item": "item_id:token\ttitle:token_seq\n0\tTetris\n1\tPong\n2\tHalf-Life 2\n",
}


def test_llmranks_games_are_histories_and_what_followed(tmp_path):
    for name, text in GAMES.items():
        (tmp_path / name).write_text(text)
    raw = llmrank_games.read_files(tmp_path)
    assert raw.interactions[0].table.to_pydict() == {USER_ID: [0, 0, 0, 1, 1], ITEM_ID: [2, 0, 1, 0, 2]}
    assert raw.items.table.to_pydict() == {ITEM_ID: [0, 1, 2], TEXT: ["Tetris", "Pong", "Half-Life 2"]}
    with pytest.raises(GnasRayError, match=r"not LLMRank's Games, which has .*here are .*'interactions': 5"):
        fetch("amazon-games-llmrank", tmp_path / "home", tmp_path)
    (tmp_path / "Games-6k.test.inter").write_text(GAMES["Games-6k.test.inter"].replace("item_id_list", "items"))
    with pytest.raises(UsageError, match="row 1: no column 'item_id_list:token_seq'; did you mean"):
        llmrank_games.read_files(tmp_path)


def test_the_15000_users_of_the_experiment(real_data, tmp_path):
    fetch("amazon-games-llmrank", tmp_path, real_data / "amazon-2018-video-games")
    data = prepare(DataOptions(dataset=LLMRankGames(), max_users=15_000), tmp_path)
    assert data.user_ids.to_pylist() == list(range(15_000))
    assert len(data.train) + len(data.valid) + len(data.test) == 174_116
    assert data.num_items == 16_554
    assert data.item_texts[0].as_py() == "Fire Emblem: The Sacred Stones"

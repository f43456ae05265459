"""`gnas-ray recommend` prints what the bundle says."""

import json
from pathlib import Path

import pytest

from gnas_ray.cli.bundles import in_a_line
from tests.cli.test_app import gnas_ray
from tests.serving.test_bundle import saved


def test_the_experiment_s_folder_stands_for_its_bundle(tmp_path: Path) -> None:
    saved(tmp_path)
    code, out, err = gnas_ray("recommend", tmp_path, "--user", "2", "-k", "2", "--include-seen")
    assert (code, err) == (0, "")
    assert [line.split() for line in out.splitlines()] == [
        ["1", "111", "33.000", "Film", "11"],
        ["2", "110", "30.000", "Film", "10"],
    ]


def test_json_keeps_ids_as_the_data_has_them(tmp_path: Path) -> None:
    bundle = saved(tmp_path)
    rows = json.loads(gnas_ray("recommend", bundle.folder, "--user", "2", "-k", "1", "--include-seen", "--json")[1])
    assert rows == [{"item": 111, "score": 33.0, "text": "Film 11"}]


def test_reasons_are_told_where_they_are_asked_for(tmp_path: Path) -> None:
    bundle = saved(tmp_path)
    (strongest, *_) = bundle.reasons(111, item_ids=[104, 108])
    words = ("recommend", bundle.folder, "--items", "104,108,99", "-k", "1", "--skip-unknown", "--why")
    code, out, err = gnas_ray(*words)
    assert (code, err) == (0, "") and out.splitlines()[1].split() == ["for", str(strongest.item_id), "Film", "8"]
    (row,) = json.loads(gnas_ray(*words, "--json")[1])
    assert row["item"] == 111 and row["why"][0] == {"item": 108, "effect": strongest.effect, "text": "Film 8"}
    (row,) = json.loads(gnas_ray("recommend", bundle.folder, "--user", "2", "-k", "1", "--why", "--json")[1])
    assert [reason["item"] for reason in row["why"]] == [r.item_id for r in bundle.reasons(row["item"], user_id=2)]


def test_for_all_users_there_are_no_reasons_and_a_file_that_cannot_be_is_told(tmp_path: Path) -> None:
    words = ("recommend", saved(tmp_path).folder, "--all")
    code, out, err = gnas_ray(*words, tmp_path / "all.csv", "--why", "--json")
    assert (code, out) == (2, "") and err == "--all: 1 problem\n  does not go with --why and --json\n"
    for name in ("all.csv", "all.parquet"):
        code, _, err = gnas_ray(*words, tmp_path / "nowhere" / name)
        assert code == 1 and "nowhere" in err and "Traceback" not in err


def test_an_unknown_user_is_wrong_usage(tmp_path: Path) -> None:
    code, out, err = gnas_ray("recommend", saved(tmp_path).folder, "--user", "97")
    assert (code, out) == (2, "")
    assert "no user 97" in err


def test_no_bundle_is_a_failure(tmp_path: Path) -> None:
    code, _, err = gnas_ray("recommend", tmp_path, "--user", "97")
    assert code == 1
    assert "no bundle here" in err


def test_a_new_user_is_given_by_the_items_they_touched(tmp_path: Path) -> None:
    bundle = saved(tmp_path)
    words = ("recommend", bundle.folder, "-k", "2", "--json")
    by_items = json.loads(gnas_ray(*words, "--items", "111, 104")[1])
    assert [row["item"] for row in by_items] == [110, 109]
    (tmp_path / "history.txt").write_text("111\n\n104\n")
    assert json.loads(gnas_ray(*words, "--history", tmp_path / "history.txt")[1]) == by_items
    (tmp_path / "history.txt").write_text("111\n104\n", encoding="utf-8-sig")  # as Windows writes it
    assert json.loads(gnas_ray(*words, "--history", tmp_path / "history.txt")[1]) == by_items


def test_who_is_meant_is_said_once_and_in_full(tmp_path: Path) -> None:
    bundle = saved(tmp_path)
    for words in ([], ["--user", "2", "--items", "111"]):
        code, _, err = gnas_ray("recommend", bundle.folder, *words)
        assert code == 2 and "one of --user, --items, --history and --all" in err
    code, _, err = gnas_ray("recommend", bundle.folder, "--items", "111,anna")
    assert code == 2 and "item ids here are whole numbers, such as 100; got 'anna'" in err
    code, _, err = gnas_ray("recommend", bundle.folder, "--history", tmp_path / "none.txt")
    assert code == 2 and "none.txt" in err


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("A film\nin three\r\n\nlines", "A film in three lines"),
        ("red \x1b[31malert\x07", "red [31malert"),
        ("Léon 映画", "Léon 映画"),
        ("x" * 500, "x" * 197 + "..."),
        ("", ""),
    ],
)
def test_a_text_takes_one_line_of_the_list_whatever_is_in_it(text: str, line: str) -> None:
    assert in_a_line(text) == line

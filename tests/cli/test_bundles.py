"""`gnas-ray recommend` prints what the bundle says."""

import json
from pathlib import Path

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


def test_an_unknown_user_is_wrong_usage(tmp_path: Path) -> None:
    code, out, err = gnas_ray("recommend", saved(tmp_path).folder, "--user", "97")
    assert (code, out) == (2, "")
    assert "no user 97" in err


def test_no_bundle_is_a_failure(tmp_path: Path) -> None:
    code, _, err = gnas_ray("recommend", tmp_path, "--user", "97")
    assert code == 1
    assert "no bundle here" in err

"""Everybody's recommendations in one file are those that each would get."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from gnas_ray.core import UsageError
from gnas_ray.serving import everybody
from tests.cli.test_app import gnas_ray
from tests.serving.test_bundle import NUM_USERS, saved


@pytest.mark.parametrize("at_once", [1, 5 * 12, 1 << 20])
@pytest.mark.parametrize("words", [(), ("--include-seen",)])
def test_a_file_has_what_each_user_would_be_recommended(tmp_path, monkeypatch, at_once, words) -> None:
    bundle = saved(tmp_path, user="u")
    monkeypatch.setattr(everybody, "_SCORES_AT_ONCE", at_once)
    file = tmp_path / "top.parquet"
    code, out, err = gnas_ray("recommend", tmp_path, "--all", file, "-k", "3", *words)
    assert (code, err) == (0, "") and f"{NUM_USERS} users in {file}" in out
    table = pq.read_table(file)
    wanted = [
        (f"u{user}", rank, row.item_id, row.score)
        for user in range(NUM_USERS)
        for rank, row in enumerate(bundle.recommend(f"u{user}", 3, exclude_seen=not words), start=1)
    ]
    assert list(zip(*(table[name].to_pylist() for name in table.column_names), strict=True)) == wanted
    assert table.column_names == ["user_id", "rank", "item_id", "score"]
    assert [path.name for path in tmp_path.glob("*top*")] == ["top.parquet"], "nothing unfinished is left"


def test_csv_has_the_same(tmp_path: Path) -> None:
    saved(tmp_path)
    for name in ("top.csv", "top.parquet"):
        assert gnas_ray("recommend", tmp_path, "--all", tmp_path / name, "-k", "2")[0] == 0
    assert csv.read_csv(tmp_path / "top.csv").to_pydict() == pq.read_table(tmp_path / "top.parquet").to_pydict()


def test_another_suffix_is_wrong_usage_and_writes_nothing(tmp_path: Path) -> None:
    bundle = saved(tmp_path)
    code, _, err = gnas_ray("recommend", tmp_path, "--all", tmp_path / "top.parqet")
    assert code == 2 and "did you mean '.parquet'?" in err and not (tmp_path / "top.parqet").exists()
    with pytest.raises(UsageError, match="k is 0"):
        everybody.write_everybody(bundle, tmp_path / "top.csv", 0, progress=lambda done, total: None)

"""`gnas-ray show` on a real ledger."""

import json
from pathlib import Path

from tests.cli.test_app import gnas_ray
from tests.records.trials import films_folder


def test_show_json_has_trials_best_first_and_the_incumbent(tmp_path: Path) -> None:
    code, out, err = gnas_ray("show", films_folder(tmp_path / "films").root, "--json")
    assert (code, err) == (0, "")
    shown = json.loads(out)
    assert set(shown) == {"trials", "incumbent"}
    assert [trial["number"] for trial in shown["trials"]] == [3, 1, 4, 0, 5, 2]
    assert shown["incumbent"] == shown["trials"][0]
    assert shown["incumbent"]["objective"] == 0.31


def test_show_is_a_table_of_as_many_trials_as_asked(tmp_path: Path) -> None:
    root = films_folder(tmp_path / "films").root
    code, out, _ = gnas_ray("show", root, "-n", "2")
    assert code == 0
    assert [line.split()[:3] for line in out.splitlines()[1:3]] == [["1", "3", "finished"], ["2", "1", "finished"]]
    assert "4 more" in out
    assert "MemoryError: too big" in gnas_ray("show", root, "-n", "0")[1]


def test_show_one_trial_in_full_with_why_it_failed(tmp_path: Path) -> None:
    root = films_folder(tmp_path / "films").root
    _, out, _ = gnas_ray("show", root, "--trial", "2")
    assert 'layer.0.operator: "gat"' in out
    assert "  3: 0.5" in out
    assert "failed, out_of_memory:\nTraceback" in out


def test_a_trial_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    code, _, err = gnas_ray("show", films_folder(tmp_path / "films").root, "--trial", "6")
    assert code == 2
    assert "trials are 0 to 5" in err

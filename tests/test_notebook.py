"""`import gnas_ray` as a notebook uses it."""

import subprocess
import sys
from pathlib import Path

import pytest

import gnas_ray
from gnas_ray.core import UsageError
from gnas_ray.experiment import load_experiment
from tests.records.trials import films_folder


def test_importing_loads_neither_torch_nor_ray() -> None:
    code = "import gnas_ray, sys; print(sorted({'torch', 'ray', 'optuna', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_search_stays_the_function_when_the_room_of_that_name_is_loaded() -> None:
    code = """
import gnas_ray
before = gnas_ray.search
from gnas_ray.search.halving import SuccessiveHalving
import gnas_ray.search.halving
assert gnas_ray.search is before and callable(before), gnas_ray.search
assert SuccessiveHalving.__module__ == "gnas_ray.search.halving"
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="serach"):
        _ = gnas_ray.serach


def test_a_result_reads_its_folder(tmp_path: Path) -> None:
    found = gnas_ray.open_result(films_folder(tmp_path / "films").root)
    assert [row.number for row in found.leaderboard] == [3, 1, 4, 0, 5, 2]
    assert found.incumbent is not None
    assert found.incumbent.architecture["layer.0.operator"] == "gat"
    assert found.report == tmp_path / "films" / "report.html"


def test_a_result_as_a_data_frame_has_a_column_for_each_choice(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    frame = gnas_ray.open_result(films_folder(tmp_path / "films").root).to_pandas()
    assert list(frame["number"]) == [3, 1, 4, 0, 5, 2]
    assert {"layer.0.operator", "learning_rate"} <= set(frame.columns)


def test_a_wrong_experiment_is_refused_before_anything_starts(tmp_path: Path) -> None:
    path = tmp_path / "films.yaml"
    path.write_text("name: films\ndata: {dataset: movielens-100k}\nspace: recsys.yaml\nbudjet: {trials: 3}\n")
    with pytest.raises(UsageError, match="budget"):
        gnas_ray.search(path, folder=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_changes_to_a_loaded_experiment_are_refused_not_passed_over(tmp_path: Path) -> None:
    loaded = load_experiment("quickstart.yaml")
    with pytest.raises(UsageError, match="load_experiment"):
        gnas_ray.search(loaded, overrides=["budget.trials=3"], folder=tmp_path / "out")

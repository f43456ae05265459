"""`gnas-ray space` on the shipped spaces."""

import json
from pathlib import Path

import pytest
import yaml

from gnas_ray.experiment import load_space
from gnas_ray.space import build_space
from tests.cli.test_app import gnas_ray, python


def test_show_prints_decisions_conditions_and_size() -> None:
    code, out, _ = gnas_ray("space", "show", "recsys.yaml")
    assert code == 0
    assert "layer.*.operator" in out
    assert f"{build_space(load_space('recsys.yaml')).num_architectures():,} architectures" in out


def test_show_prints_options_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "space.yaml"
    path.write_text('decisions:\n  loss: ["[bold]x", "[/]", "[red]"]\n')
    code, out, _ = gnas_ray("space", "show", path)
    assert code == 0 and "[bold]x, [/], [red]" in out


def test_what_the_encoding_lacks_is_a_question_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "space.yaml"
    path.write_text("decisions:\n  loss: [映画, bpr]\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    done = python("-m", "gnas_ray.cli", "space", "show", str(path))
    assert done.returncode == 0 and "??, bpr" in done.stdout, done.stderr


def test_sample_prints_members_the_same_for_the_same_seed() -> None:
    space = build_space(load_space("recsys.yaml"))
    _, out, _ = gnas_ray("space", "sample", "recsys.yaml", "-n", "3", "--seed", "7")
    members = yaml.safe_load(out)
    assert len(members) == 3
    for member in members:
        assert space.check(member["architecture"], member["hyperparameters"]) == []
    assert json.loads(gnas_ray("space", "sample", "recsys.yaml", "--seed", "7", "--json")[1]) == members
    assert gnas_ray("space", "sample", "recsys.yaml", "--seed", "8")[1] != out


def test_mistakes_in_a_space_are_reported_with_lines(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("decisions:\n  loss: [bpr, bpr]\n  depth: []\n")
    code, _, err = gnas_ray("space", "show", path)
    assert code == 2
    assert "2 problems" in err
    assert "line 2" in err
    assert "line 3" in err


def test_schema_is_written_for_editors(tmp_path: Path) -> None:
    path = tmp_path / "experiment.schema.json"
    assert gnas_ray("space", "schema", path)[0] == 0
    schema = json.loads(path.read_text())
    assert {"name", "data", "space"} <= set(schema["properties"])
    assert json.loads(gnas_ray("space", "schema")[1]) == schema


def test_a_file_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "experiment.schema.json"
    code, _, err = gnas_ray("space", "schema", path)
    assert code == 1 and err.startswith(f"{path}: No such file")

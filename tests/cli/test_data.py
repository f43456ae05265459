"""`gnas-ray data` and `gnas-ray encoder` on small files."""

import json
from pathlib import Path

import pytest

from tests.cli.test_app import gnas_ray

EXPERIMENT = """
name: films
data:
  dataset: {name: files, interactions: ratings.csv}
space: recsys.yaml
"""


@pytest.fixture
def experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six users who each rated ten of twelve films."""
    monkeypatch.setenv("GNAS_RAY_HOME", str(tmp_path / "home"))
    pairs = [f"u{user},{(user + step) % 12}" for user in range(6) for step in range(10)]
    (tmp_path / "ratings.csv").write_text("\n".join(["user_id,item_id", *pairs]) + "\n")
    path = tmp_path / "films.yaml"
    path.write_text(EXPERIMENT)
    return path


def test_prepare_counts_every_step(experiment: Path) -> None:
    code, out, err = gnas_ray("data", "prepare", experiment)
    assert (code, err) == (0, "")
    counts = {words[0]: words[1:] for line in out.splitlines() if len(words := line.split()) == 4}
    assert counts["read"] == ["60", "6", "12"]
    assert [counts[part][0] for part in ("train", "valid", "test")] == ["48", "6", "6"]


def test_prepare_as_json_says_where_it_is(experiment: Path) -> None:
    shown = json.loads(gnas_ray("data", "prepare", experiment, "--json")[1])
    assert Path(shown["folder"]).is_dir()
    assert shown["steps"][0] == {"step": "read", "interactions": 60, "users": 6, "items": 12}


def test_an_override_changes_what_is_prepared(experiment: Path) -> None:
    code, _, err = gnas_ray("data", "prepare", experiment, "--set", "data.k_core=100")
    assert code != 0
    assert "Traceback" not in err


def test_unknown_names_are_wrong_usage() -> None:
    code, _, err = gnas_ray("data", "fetch", "movielens-100")
    assert (code, "did you mean 'movielens-100k'?" in err) == (2, True)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ((), "missing key 'category': --set category=VALUE"),
        (("--set", "category=Video_Game"), "category is 'Video_Game'; did you mean 'Video_Games'?"),
        (("--set", "category"), "--set category: wanted KEY=VALUE"),
    ],
)
def test_a_data_sets_own_keys_are_set_and_checked(keys: tuple[str, ...], said: str) -> None:
    code, _, err = gnas_ray("data", "fetch", "amazon-2018", *keys)
    assert (code, said in err) == (2, True)


def test_an_encoder_that_is_not_in_the_folder_is_an_error_in_words(experiment: Path) -> None:
    code, _, err = gnas_ray("encoder", "fetch", "all-MiniLM-L6-v2", "--from", experiment.parent)
    assert code == 1
    assert "config.json" in err

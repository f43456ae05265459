"""`gnas-ray check`: what stands in a search's way is told before anything is trained."""

from pathlib import Path

import pytest
import yaml

from gnas_ray.experiment.shipped import find_search_space_file
from tests.cli.test_app import gnas_ray
from tests.driver.small_experiment import write_small_experiment
from tests.records.trials import films_folder


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """200 users, of whom nothing but interactions is known, and a space of ids alone."""
    monkeypatch.setenv("GNAS_RAY_HOME", str(tmp_path / "home"))
    return write_small_experiment(tmp_path)


def reading_texts(small: Path, *, titles: bool, space: object = "recsys.yaml") -> Path:
    """The same over the full space; with an item table, whose titles are mapped or not."""
    lines = [f"{item},Film {item},{item}.5" for item in range(60)]
    (small.parent / "items.csv").write_text("\n".join(["item_id,title,price", *lines]) + "\n", encoding="utf-8")
    experiment = yaml.safe_load(small.read_text(encoding="utf-8"))
    experiment["space"] = space
    experiment["data"]["split"] = "leave_last_out"
    table = {"path": "items.csv", "columns": {"text": "title"} if titles else {}}
    experiment["data"]["dataset"]["items"] = table
    path = small.parent / "reading.yaml"
    path.write_text(yaml.safe_dump(experiment, sort_keys=False), encoding="utf-8")
    return path


def test_an_experiment_that_can_be_searched(small: Path) -> None:
    code, out, err = gnas_ray("check", small)
    assert (code, err) == (0, "")
    assert "space: 14 architectures, 0 known beforehand" in out
    assert "compared after 3, 9 epochs" in out
    assert f"Next: gnas-ray search {small}" in out
    assert not (small.parent / "runs").exists()
    out = gnas_ray("check", small, "--set", "output=two words")[1]
    assert f"Next: gnas-ray search {small} --set 'output=two words'" in out, "the same experiment"


def test_what_the_space_asks_of_data_that_do_not_have_it_is_told_at_once(small: Path) -> None:
    code, out, err = gnas_ray("check", reading_texts(small, titles=False))
    assert code == 2 and "All is well" not in out
    assert "2 problems" in err
    assert "edge_weights: rating, and the interactions have none" in err
    assert "item_features: text, both and text_edges: 5, 10, and no item has a text" in err


@pytest.mark.parametrize("form", ["mapping", "list"])
def test_what_the_message_proposes_leaves_the_option_out(small: Path, form: str) -> None:
    space = yaml.safe_load(find_search_space_file("recsys.yaml").read_text(encoding="utf-8"))
    decisions = space["decisions"]
    assert isinstance(decisions["edge_weights"], dict)
    if form == "list":
        decisions["edge_weights"] = decisions["edge_weights"]["options"]
    reading = reading_texts(small, titles=True, space=space)
    code, _, err = gnas_ray("check", reading)
    assert code == 2 and "1 problem\n" in err
    proposed = err.partition("--set '")[2].partition("'")[0]
    code, _, err = gnas_ray("check", reading, "--set", proposed)
    assert "rating" not in err
    assert code == 1 and "encoder 'all-MiniLM-L6-v2' is not in" in err  # there is none in this home


def test_ratings_that_are_there_are_asked_for_in_peace(small: Path) -> None:
    reading = reading_texts(small, titles=True)
    table = small.parent / "interactions.csv"
    header, *rows = table.read_text().split()
    table.write_text("\n".join([f"{header},rating", *(f"{row},{index % 5 + 1}" for index, row in enumerate(rows))]))
    assert "edge_weights" not in gnas_ray("check", reading)[2]


def test_what_is_no_mistake_but_perhaps_not_meant_is_noted(small: Path) -> None:
    reading = reading_texts(small, titles=True)
    items = small.parent / "items.csv"
    header, *rows = items.read_text().splitlines()
    items.write_text("\n".join([header, *rows[:20], *(f"{item},,{item}.5" for item in range(20, 60))]) + "\n")
    out = gnas_ray("data", "prepare", reading)[1]
    assert "note: 40 of 60 items have no text" in out
    assert "note: no timestamps: a user's last interaction is the one that comes last in the file" in out
    assert "note: kept with the data, but read by no member: price of items" in out
    assert "note" not in gnas_ray("check", small)[1]


def test_what_earlier_experiments_know_is_told(small: Path) -> None:
    earlier = films_folder(small.parent / "two words").root
    code, out, _ = gnas_ray("check", small, "--warm-start", earlier)
    assert code == 0
    assert f"warm start from {earlier}: " in out and "trials can be used" in out
    assert f"Next: gnas-ray search {small} --warm-start '{earlier}'" in out, "the same experiment"


def test_a_warm_start_that_is_not_there_is_told(small: Path) -> None:
    code, _, err = gnas_ray("check", small, "--set", "warm_start=[runs/nowhere]")
    assert code == 2 and "no such folder" in err

"""Members that another distribution adds, installed as pip does it and used from a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from gnas_ray.controllers import CONTROLLERS
from tests.driver.small_experiment import write_small_experiment

CONTROLLER = """
import random

from gnas_ray.controllers import Controller
from gnas_ray.core import Proposal


class Greedy(Controller):
    def __init__(self, space, *, seed: int, boldness: float = 0.5) -> None:
        super().__init__(space, seed=seed)
        self.boldness = boldness

    def sample(self, generator: random.Random) -> Proposal:
        return Proposal(self.space.sample_architecture(generator), "greedy")

    def learn(self, rollout, known) -> None:
        pass

    def probabilities(self):
        return {}
"""
OPERATOR = """
from torch import nn

from gnas_ray.models.operators import Operator
from gnas_ray.models.propagation import propagate


class Twice(Operator):
    def __init__(self, width: int) -> None:
        super().__init__()

    def forward(self, x, graph):
        return 2 * propagate(graph.normalised, x)
"""
DATASET = """
from pathlib import Path
from typing import Literal

from gnas_ray.data.datasets import Dataset


class Films(Dataset):
    name: Literal["films"] = "films"
    genre: str = "drama"

    def fetch(self, home, source=None):
        raise NotImplementedError

    def content_key(self, home: Path) -> str:
        return self.genre

    def load(self, home):
        raise NotImplementedError
"""


def install(site: Path, name: str, entry_points: dict[str, dict[str, str]], modules: dict[str, str]) -> None:
    """The files that pip writes."""
    information = site / f"{name}-1.2.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    groups = (f"[gnas_ray.{g}]\n" + "".join(f"{k} = {v}\n" for k, v in p.items()) for g, p in entry_points.items())
    (information / "entry_points.txt").write_text("\n".join(groups))
    for module, text in modules.items():
        (site / f"{module}.py").write_text(text)


def python(site: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{Path(__file__).parents[1]}"}
    return subprocess.run(
        [sys.executable, *map(str, words)], env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def site(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    entry_points = {
        "controllers": {"greedy": "example_controller:Greedy"},
        "operators": {"twice": "example_operator:Twice"},
        "datasets": {"films": "example_films:Films"},
    }
    modules = {"example_controller": CONTROLLER, "example_operator": OPERATOR, "example_films": DATASET}
    install(site, "example", entry_points, modules)
    return site


def experiment(folder: Path, **sections: object) -> Path:
    path = write_small_experiment(folder)
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **sections}, sort_keys=False))
    return path


def test_an_added_controller_runs_a_search_by_its_name_and_parameters(site: Path, tmp_path: Path) -> None:
    file = experiment(tmp_path, controller={"name": "greedy", "boldness": 0.75})
    script = """
import sys
from gnas_ray.experiment import load_experiment
from gnas_ray.search.assemble import open_session
with open_session(load_experiment(sys.argv[1]), None) as session:
    session.ask()
    print(session.ledger.trial(0).proposal.origin, session.controller.boldness)
print({"torch", "ray", "example_operator"} & set(sys.modules))
"""
    done = python(site, "-c", script, file)
    assert done.stdout.splitlines() == ["greedy 0.75", "set()"], done.stderr


def test_the_loader_knows_added_names_and_parameters(site: Path, tmp_path: Path) -> None:
    file = experiment(tmp_path, controller="gredy", data={"dataset": {"name": "films", "gender": "x"}})
    wrong_name = python(site, "-m", "gnas_ray.cli", "search", file)
    assert wrong_name.returncode == 2
    assert "unknown controller 'gredy'; did you mean 'greedy'?" in wrong_name.stderr
    assert "did you mean 'genre'?" in wrong_name.stderr
    file = experiment(tmp_path, controller={"name": "greedy", "boldnes": 1})
    wrong_parameter = python(site, "-m", "gnas_ray.cli", "search", file)
    assert "greedy has no parameter 'boldnes'; did you mean 'boldness'?" in wrong_parameter.stderr


def test_the_schema_for_editors_has_added_members(site: Path, tmp_path: Path) -> None:
    done = python(site, "-m", "gnas_ray.cli", "space", "schema", tmp_path / "schema.json")
    assert done.returncode == 0, done.stderr
    schema = json.loads((tmp_path / "schema.json").read_text())
    names, *members = schema["properties"]["controller"]["anyOf"]
    assert names["enum"] == [*CONTROLLERS, "greedy"]
    assert members[-1]["properties"]["boldness"] == {"type": "number", "default": 0.5}
    assert "Films" in schema["$defs"]


@pytest.mark.parametrize("first", ["example_operator", "gnas_ray.models.recommender"])
def test_an_added_operator_is_built_whichever_is_imported_first(site: Path, first: str) -> None:
    script = f"""
import {first}
from gnas_ray.models.operators import OPERATORS
from gnas_ray.models.options import LayerOptions
from gnas_ray.models.recommender import Layer
print(type(Layer(LayerOptions(operator="twice"), 8).operator).__name__, list(OPERATORS)[-1], OPERATORS.get("thrice"))
"""
    done = python(site, "-c", script)
    assert done.stdout.split() == ["Twice", "twice", "None"], done.stderr


def test_a_member_that_can_not_be_loaded_names_its_distribution(site: Path, tmp_path: Path) -> None:
    install(site, "broken", {"controllers": {"wild": "wild_controller:Wild"}}, {"wild_controller": "import nowhere"})
    others = python(site, "-c", "from gnas_ray.controllers import CONTROLLERS as c; print(c['ppo'], c['greedy'])")
    assert others.returncode == 0, "it's in nobody's way"
    done = python(site, "-m", "gnas_ray.cli", "search", experiment(tmp_path, controller="wild"))
    assert done.returncode == 1
    assert "entry point gnas_ray.controllers: wild = wild_controller:Wild of broken 1.2 can't be loaded" in done.stderr
    assert "ModuleNotFoundError: No module named 'nowhere'" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "owners"), [("ppo", ["zealous 1.2", "gnas_ray itself"]), ("greedy", ["zealous", "example"])]
)
def test_a_name_that_is_taken_is_an_error(site: Path, tmp_path: Path, name: str, owners: list[str]) -> None:
    install(site, "zealous", {"controllers": {name: "example_controller:Greedy"}}, {})
    done = python(site, "-m", "gnas_ray.cli", "search", experiment(tmp_path))
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert f"has the name {name!r} already" in done.stderr
    assert all(owner in done.stderr for owner in owners)

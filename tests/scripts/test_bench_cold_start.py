"""The script as it is called, on data whose right answer is known, and the ways to a new user's vector by themselves.

Sixty users and sixty items, even and odd; a user likes items of one parity, the popular ones above all, and a text says
which parity an item has.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy.sparse import csr_matrix

from cold_start_bench.new_users import HeldOut
from cold_start_bench.ways import WAYS, Newcomers
from gnas_ray.data import DataOptions, prepare
from tests.models.encoders.conftest import write_tiny_encoder

SCRIPT = Path(__file__).parents[2] / "scripts" / "bench_cold_start"
NUM_USERS, NUM_ITEMS = 60, 60
SPACE = {
    "decisions": {
        "item_features": ["both"],
        "text_encoder": ["tiny"],
        "text_projection": ["none"],
        "num_layers": [2],
        "layer": {"times": "num_layers", "decisions": {"operator": ["lightgcn"]}},
        "text_edges": [5],
        "loss": ["in_batch_softmax"],
        "linear_channel": ["none", "ease_text"],
    },
    "hyperparameters": {
        "learning_rate": {"type": "float", "low": 0.01, "high": 0.1},
        "embedding_size": [8],
        "batch_size": [128],
    },
}
PRIOR = {
    "architecture": {
        "item_features": "both",
        "text_encoder": "tiny",
        "text_projection": "none",
        "num_layers": 2,
        "layer.*.operator": "lightgcn",
        "text_edges": 5,
        "loss": "in_batch_softmax",
        "linear_channel": "ease_text",
    },
    "hyperparameters": {"learning_rate": 0.05, "embedding_size": 8, "batch_size": 128},
}


def write_pairs(folder):
    """Every user touches each item of their parity with a chance that falls from .9 to .3 with the item's number."""
    generator = np.random.default_rng(0)
    chance = np.linspace(0.9, 0.3, NUM_ITEMS)
    touched = generator.random((NUM_USERS, NUM_ITEMS)) < chance
    touched &= np.arange(NUM_USERS)[:, None] % 2 == np.arange(NUM_ITEMS) % 2
    lines = [f"{user},{item}" for user, item in np.argwhere(touched)]
    (folder / "pairs.csv").write_text("\n".join(["user_id,item_id", *lines]))


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cold")
    write_pairs(folder)
    words = ["star", "wars", "trek", "toy", "story"]
    texts = [f"{item},{words[item % 5]} {('night', 'day')[item % 2]}" for item in range(NUM_ITEMS)]
    (folder / "items.csv").write_text("\n".join(["item_id,text", *texts]))
    content = {
        "name": "cold",
        "data": {
            "dataset": {"name": "files", "interactions": "pairs.csv", "items": "items.csv"},
            "split": "random_by_user",
        },
        "space": SPACE,
        "prior": [PRIOR],
        "objective": {"metric": "ndcg@5"},
        "encoders": {"tiny": {"path": str(write_tiny_encoder(folder / "tiny"))}},
        "baselines": ["popularity"],
    }
    (folder / "cold.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return folder / "cold.yaml"


def bench(experiment, monkeypatch, *words):
    monkeypatch.setenv("GNAS_RAY_HOME", str(experiment.parent / "home"))
    command = [sys.executable, str(SCRIPT), "--experiment", str(experiment), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_text_finds_cold_items_and_folding_in_keeps_what_new_users_like(experiment, monkeypatch):
    rows = "popularity|ids, LightGCN$|text, no layers|matrix"
    done = bench(experiment, monkeypatch, "--rows", rows, "--epochs", 6, "--seeds", 1, "--json")
    assert done.returncode == 0, done.stderr
    lines = {line["recommender"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert [*lines] == ["popularity", "ids, LightGCN", "text, no layers", "matrix factorisation"]
    assert lines["popularity"] == {"part": "items", "recommender": "popularity", "valid": [0], "test": [0]}
    with_text, without = lines["text, no layers"], lines["ids, LightGCN"]
    assert list(with_text) == ["part", "recommender", "valid", "test", "epochs"]
    assert with_text["test"][0] > 0.3
    assert without["test"][0] < 0.1
    assert with_text["valid"][0] > without["valid"][0]
    assert 1 <= with_text["epochs"][0] <= 6
    users = lines["matrix factorisation"]
    assert list(users) == ["part", "recommender", "trained on", "fold-in", "items ridge", "mean", "20 users", "epochs"]
    assert users["fold-in"][0] > 0.7


def test_people_read_a_table(experiment, monkeypatch):
    done = bench(experiment, monkeypatch, "--parts", "items", "--rows", "popularity")
    assert done.stdout.splitlines() == [
        "",
        "| recommender | valid | test | epochs |",
        "|---|--:|--:|--:|",
        "| popularity | 0.0000 | 0.0000 | - |",
    ]


def test_an_unknown_part_is_a_mistake_of_the_user(experiment, monkeypatch):
    done = bench(experiment, monkeypatch, "--parts", "items,sellers")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "bench_cold_start: error: no part sellers; there are items, users"


def test_every_fifth_user_is_held_out_of_all_parts_and_each_by_one_of_five_seeds(tmp_path):
    write_pairs(tmp_path)
    dataset = {"name": "files", "interactions": str(tmp_path / "pairs.csv")}
    options = DataOptions.model_validate({"dataset": dataset, "split": "random_by_user"})
    data = prepare(options, tmp_path / "home")
    held_out = [HeldOut.of(data, seed, tmp_path) for seed in range(5)]
    assert held_out[1].newcomers.tolist() == list(range(1, NUM_USERS, 5))
    assert sorted(user for users in held_out for user in users.newcomers) == list(range(NUM_USERS))
    for users in held_out:
        for part in ("train", "valid", "test"):
            left, all_users = set(users.others.part(part).user_index), set(data.part(part).user_index)
            assert left == all_users - set(users.newcomers)


@pytest.fixture
def new():
    """Vectors that are linear in the items touched, by a mean of vectors turned a right angle; newcomers touched what
    the first three of the others did."""
    generator = np.random.default_rng(0)
    seen = csr_matrix(generator.random((40, 30)) < 0.4, dtype=np.float32)
    item_vectors = generator.normal(size=(30, 2)).astype(np.float32)
    means = (seen @ item_vectors) / np.diff(seen.indptr)[:, None]
    user_vectors = (means @ np.array([[0, 1], [-1, 0]])).astype(np.float32)
    return Newcomers(user_vectors, item_vectors, None, seen, seen[:3])


def test_the_fold_in_finds_the_map_that_the_mean_lacks(new):
    (vectors,), (means,) = WAYS["fold-in"](new), WAYS["mean"](new)
    np.testing.assert_allclose(vectors, new.user_vectors[:3], atol=0.01)  # the ridge shortens it a little
    assert abs(means - new.user_vectors[:3]).max() > 0.1


def test_the_weakest_items_ridge_reproduces_users_it_was_fitted_to_and_the_strongest_gives_the_mean(new):
    weakest, *_, strongest = WAYS["items ridge"](new)
    np.testing.assert_allclose(weakest, new.user_vectors[:3], atol=0.05)
    np.testing.assert_allclose(strongest, np.tile(new.user_vectors.mean(axis=0), (3, 1)), atol=0.01)


def test_the_mean_is_that_of_the_items_touched(new):
    (vectors,) = WAYS["mean"](new)
    for row, vector in zip(new.histories.toarray(), vectors, strict=True):
        np.testing.assert_allclose(vector, new.item_vectors[row > 0].mean(axis=0), rtol=1e-5)


def test_similar_users_are_those_of_the_highest_cosine(new):
    (vectors,) = WAYS["20 users"](new)
    seen = new.seen.toarray()
    cosines = [seen[0] @ other / np.linalg.norm(seen[0]) / np.linalg.norm(other) for other in seen]
    expected = new.user_vectors[sorted(range(40), key=lambda user: -cosines[user])[:20]].mean(axis=0)
    np.testing.assert_allclose(vectors[0], expected, rtol=1e-4)

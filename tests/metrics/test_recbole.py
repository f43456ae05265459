"""The evaluator against RecBole 1.2.1's own, on the scores of one real model: EASE on MovieLens-100K."""

from __future__ import annotations

import importlib
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from gnas_ray.data import DataOptions, PreparedData, fetch, prepare
from gnas_ray.metrics import METRICS
from gnas_ray.metrics.evaluator import Evaluator
from gnas_ray.models.baselines.ease import Ease

RECBOLE = "recbole==1.2.1"
CUTOFFS = (1, 5, 10, 20, 50)
# RecBole's name of each of our metrics; it has no F1.
NAMES = {
    "recall": "recall",
    "precision": "precision",
    "hit_rate": "hit",
    "ndcg": "ndcg",
    "mrr": "mrr",
    "map": "map",
    "coverage": "itemcoverage",
}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory) -> Path:
    """RecBole's wheel, unpacked and not installed."""
    folder = tmp_path_factory.mktemp("recbole")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--dest", str(folder)]
    run = subprocess.run([*command, RECBOLE], capture_output=True, text=True, check=False)
    if run.returncode:
        pytest.skip(f"pip can't download {RECBOLE}: {run.stderr.strip().splitlines()[-1:]}")
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def data(unpacked, tmp_path_factory) -> PreparedData:
    home = tmp_path_factory.mktemp("home")
    fetch("movielens-100k", home, unpacked / "recbole" / "dataset_example" / "ml-100k")
    return prepare(DataOptions(dataset="movielens-100k"), home)


@pytest.fixture
def recbole_evaluator(unpacked, monkeypatch) -> ModuleType:
    """RecBole's evaluator as it is in the wheel.

    Two things are set right for it: the names that NumPy 1.24 removed, and `recbole.utils`, of which it needs one
    enumeration while that package's `__init__` imports loggers and trackers which aren't installed here.
    """
    monkeypatch.syspath_prepend(str(unpacked))
    monkeypatch.setattr(np, "float", float, raising=False)
    monkeypatch.setattr(np, "bool", np.bool_, raising=False)
    utils = ModuleType("recbole.utils")
    utils.__path__ = [str(unpacked / "recbole" / "utils")]
    monkeypatch.setitem(sys.modules, "recbole.utils", utils)
    utils.EvaluatorType = importlib.import_module("recbole.utils.enum_type").EvaluatorType
    yield importlib.import_module("recbole.evaluator")
    for name in [name for name in sys.modules if name.partition(".")[0] == "recbole"]:
        del sys.modules[name]


def recbole_values(evaluator: ModuleType, scores: torch.Tensor, data: PreparedData) -> dict[str, float]:
    """What RecBole's trainer does at test with a model's scores of all users and items."""
    seen, relevant = data.csr("train", "valid"), data.csr("test")
    users = np.flatnonzero(np.diff(relevant.indptr))
    config = {
        "metrics": list(NAMES.values()),
        "topk": list(CUTOFFS),
        "metric_decimal_place": 4,
        "eval_args": {"mode": "full"},
        "device": "cpu",
    }
    collector = evaluator.Collector(config)
    scores = scores[users].clone()
    scores[seen[users].nonzero()] = -np.inf
    positive_user, positive_item = map(torch.from_numpy, relevant[users].nonzero())
    collector.eval_batch_collect(scores, None, positive_user.long(), positive_item.long())
    collected = collector.get_data_struct()
    collected.set("data.num_items", data.num_items)  # its trainer would count the padding item too
    return evaluator.Evaluator(config).evaluate(collected)


def test_all_metrics_agree_with_recbole_to_four_digits(recbole_evaluator, data):
    score = Ease(regularisation=300.0).fit(data.csr("train", "valid"))
    theirs = recbole_values(recbole_evaluator, score(torch.arange(data.num_users)), data)
    names = [f"{name}@{k}" for name in NAMES for k in CUTOFFS]
    ours = Evaluator(names, seen=data.csr("train", "valid"), relevant=data.csr("test")).evaluate(score)
    expected = {f"{name}@{k}": float(theirs[f"{NAMES[name]}@{k}"]) for name in NAMES for k in CUTOFFS}
    print(*(f"{name:14} recbole {expected[name]:.4f} here {ours[name]:.6f}" for name in names), sep="\n")
    assert {name: round(value, 4) for name, value in ours.items()} == pytest.approx(expected, abs=1e-9)
    assert 0.3 < ours["ndcg@20"] < 0.4  # the model is a real one


def test_no_metric_is_left_unchecked():
    assert set(METRICS) - set(NAMES) == {"f1"}

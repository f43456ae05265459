from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from gnas_ray.core import UsageError
from gnas_ray.data import DataOptions, PreparedData, prepare
from gnas_ray.models.baselines import BASELINES
from gnas_ray.models.baselines.base import Baseline, Scorer
from gnas_ray.training.baselines import check_baselines, measure_on_test, run_baseline, tune

# Users 0 and 1, items 0 to 5; what each user has in each part.
TRAIN = {0: [0], 1: [0, 1]}
VALID = {0: [1], 1: [2]}
TEST = {0: [2], 1: [5]}


@pytest.fixture
def data(tmp_path) -> PreparedData:
    files = {name: _write(tmp_path / f"{name}.csv", part) for name, part in _parts().items()}
    items = tmp_path / "items.csv"
    items.write_text("item_id,text\n" + "".join(f"{item},film {item}\n" for item in range(6)))
    options = {"dataset": {"name": "files", **files, "items": {"path": str(items)}}}
    return prepare(DataOptions.model_validate(options), tmp_path / "home")


def _parts() -> dict[str, dict[int, list[int]]]:
    return {"train": TRAIN, "valid": VALID, "test": TEST}


def _write(path: Path, part: dict[int, list[int]]) -> dict[str, str]:
    rows = "".join(f"{user},{item}\n" for user, items in part.items() for item in items)
    path.write_text("user_id,item_id\n" + rows)
    return {"path": str(path)}


@dataclass(frozen=True)
class FixedOrder(Baseline):
    """Ranks items in an order given beforehand, and remembers what it was fitted on."""

    order: tuple[int, ...]
    fitted_on: list[np.ndarray] = field(default_factory=list, compare=False)

    @classmethod
    def grid(cls) -> tuple[FixedOrder, ...]:
        return (cls((0, 1, 2, 3, 4, 5)),)

    def fit(self, interactions: csr_matrix) -> Scorer:
        self.fitted_on.append(interactions.toarray())
        scores = torch.zeros(6)
        scores[list(self.order)] = torch.arange(6.0).flip(0)
        return lambda users: scores.expand(len(users), -1)


def _dense(*parts: dict[int, list[int]]) -> np.ndarray:
    matrix = np.zeros((2, 6))
    for part in parts:
        for user, items in part.items():
            matrix[user, items] = 1
    return matrix


def test_settings_are_chosen_on_validation_fitted_on_train_only(data):
    good_on_test, good_on_valid = FixedOrder((2, 5, 0, 1, 3, 4)), FixedOrder((1, 2, 0, 3, 4, 5))
    tuned = tune([good_on_test, good_on_valid], data, objective="recall@1")
    # With train masked, user 0 is shown item 1 and user 1 item 2: both right.
    assert (tuned.baseline, tuned.valid) == (good_on_valid, 1.0)
    for baseline in (good_on_test, good_on_valid):
        np.testing.assert_array_equal(baseline.fitted_on, [_dense(TRAIN)])


def test_the_earliest_of_equal_settings_is_chosen(data):
    first, second = FixedOrder((1, 2, 0, 3, 4, 5)), FixedOrder((1, 2, 3, 0, 4, 5))
    assert tune([first, second], data, objective="recall@1").baseline is first


def test_at_test_it_is_fitted_on_train_and_valid_and_recommends_neither(data):
    # Train and valid masked, item 2 is user 0's first (right) and item 3 user 1's (wrong).
    baseline = FixedOrder((0, 1, 2, 3, 4, 5))
    assert measure_on_test(baseline, data, metrics=["recall@1"])["recall@1"] == 0.5
    np.testing.assert_array_equal(baseline.fitted_on, [_dense(TRAIN, VALID)])


def test_warm_and_cold_items_are_also_tested_apart(data):
    # Items 3, 4 and 5 are in neither train nor valid. Of the test items, user 0's (2) is warm and user 1's (5) cold.
    tested = measure_on_test(FixedOrder((0, 1, 2, 3, 5, 4)), data, metrics=["recall@1", "recall@2"])
    assert tested == {
        "recall@1": 0.5,
        "recall@2": 1.0,
        "warm.recall@1": 1.0,
        "warm.recall@2": 1.0,
        "cold.recall@1": 0.0,  # user 1 is shown items 3 and 5
        "cold.recall@2": 1.0,
    }


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_reports_its_test_metrics(data, name):
    heard = []
    report = run_baseline(
        name,
        data,
        metrics=["ndcg@2", "recall@2"],
        objective="ndcg@2",
        progress=lambda done, total: heard.append((done, total)),
    )
    grid = BASELINES[name].grid()
    assert report.name == name
    assert BASELINES[name](**report.settings) in grid
    of_each = {"ndcg@2", "recall@2"}
    assert set(report.metrics) == of_each | {f"{group}.{name}" for group in ("warm", "cold") for name in of_each}
    assert heard[-1] == (len(grid), len(grid)) == (report.num_settings, report.num_settings)


def test_threads_are_given_back(data):
    before, during = torch.get_num_threads(), []

    def look(done, total):
        during.append(torch.get_num_threads())

    torch.set_num_threads(3)
    try:
        run_baseline("popularity", data, metrics=["ndcg@2"], objective="ndcg@2", threads=1, progress=look)
        assert set(during) == {1} and torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_unknown_baselines_are_all_named_with_the_nearest():
    with pytest.raises(UsageError) as error:
        check_baselines(["eas", "popularity", "ialz"])
    assert "did you mean 'ease'" in str(error.value)
    assert "did you mean 'ials'" in str(error.value)

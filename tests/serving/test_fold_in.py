"""A folded-in user's vector, as one who was trained on would have it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from gnas_ray.core import Value
from gnas_ray.serving import Bundle
from gnas_ray.serving.fold_in import FoldIn
from gnas_ray.training import Refit, retrain, save_bundle
from tests.training.checkerboard import LIGHTGCN, checkerboard_task, trial
from tests.training.test_bundle import run

Matrix = NDArray[np.float64]


def test_a_linear_relation_is_found_and_users_who_saw_nothing_do_not_count() -> None:
    generator = np.random.default_rng(0)
    touched = generator.random((200, 50)) < 0.3
    touched[3] = False
    seen = csr_matrix(touched, dtype=np.float32)
    item_vectors = generator.normal(size=(50, 4)).astype(np.float32)
    weights, offset = generator.normal(size=(4, 4)), generator.normal(size=4)
    users = [item_vectors[row.indices].mean(axis=0) @ weights + offset if row.nnz else np.full(4, 99.0) for row in seen]
    fold_in = FoldIn.fit(np.array(users, dtype=np.float32), item_vectors, seen)
    new = item_vectors[[4, 8, 15]]
    expected = new.mean(axis=0) @ weights + offset
    np.testing.assert_allclose(fold_in.user_vector(new), expected, atol=0.01)  # the ridge shortens it a little


def test_what_is_a_sum_of_keys_is_added_up_and_only_the_rest_is_learned() -> None:
    generator = np.random.default_rng(0)
    seen = csr_matrix(generator.random((200, 50)) < 0.3, dtype=np.float32)
    items = generator.normal(size=(50, 6)).astype(np.float32)
    keys = np.zeros((50, 6), dtype=np.float32)
    keys[:, [1, 4]] = generator.normal(size=(50, 2))
    learned, weights = [0, 2, 3, 5], generator.normal(size=(4, 4))
    users = seen @ keys
    users[:, learned] = np.array([items[row.indices][:, learned].mean(axis=0) @ weights for row in seen])
    fold_in = FoldIn.fit(users, items, seen, keys)
    assert fold_in.columns.tolist() == learned
    new = [4, 8, 15]
    found = fold_in.user_vector(items[new], keys[new])
    np.testing.assert_allclose(found[[1, 4]], keys[new][:, [1, 4]].sum(axis=0), rtol=1e-6)
    np.testing.assert_allclose(found[learned], items[new][:, learned].mean(axis=0) @ weights, atol=0.02)


def ridge_solution(inputs: Matrix, outputs: Matrix, ridge: float) -> tuple[Matrix, Matrix]:
    """Weights and offset, with an intercept that is not shortened."""
    centre, target = inputs.mean(axis=0), outputs.mean(axis=0)
    deviations = inputs - centre
    gram = deviations.T @ deviations + ridge * np.eye(inputs.shape[1])
    weights = np.linalg.solve(gram, deviations.T @ (outputs - target))
    return weights, target - centre @ weights


@pytest.mark.parametrize(("noise", "best"), [(0.05, 1e-3), (0.2, 1e-2), (0.5, 1e-1), (2.0, 1.0)])
def test_the_ridge_is_the_best_for_scores_of_users_left_out(noise: float, best: float) -> None:
    """Each left out in turn, and the others fitted again."""
    generator = np.random.default_rng(1)
    seen = csr_matrix(generator.random((40, 30)) < 0.3, dtype=np.float32)
    items = generator.normal(size=(30, 25)).astype(np.float32)
    inputs = np.array([items[row.indices].mean(axis=0) for row in seen], dtype=np.float64)
    users = inputs @ generator.normal(size=(25, 25)) + noise * generator.normal(size=(40, 25))
    users = users.astype(np.float32).astype(np.float64)
    unit = np.square(inputs - inputs.mean(axis=0)).sum() / 25

    def error_left_out(ridge: float) -> float:
        errors = []
        for left_out in range(40):
            others = np.arange(40) != left_out
            weights, offset = ridge_solution(inputs[others], users[others], ridge * unit)
            scores = items @ (inputs[left_out] @ weights + offset - users[left_out])
            errors.append(np.square(scores - scores.mean()).sum())
        return float(np.sum(errors))

    assert min((1e-3, 1e-2, 1e-1, 1.0), key=error_left_out) == best
    weights, offset = ridge_solution(inputs, users, best * unit)
    fold_in = FoldIn.fit(users.astype(np.float32), items, seen)
    np.testing.assert_allclose(fold_in.weights, weights, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(fold_in.offset, offset, rtol=1e-3, atol=1e-4)


def test_of_very_many_users_some_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gnas_ray.serving.fold_in._OPERATIONS", 0)
    monkeypatch.setattr("gnas_ray.serving.fold_in._FEWEST", 60)
    generator = np.random.default_rng(0)
    seen = csr_matrix(generator.random((200, 50)) < 0.3, dtype=np.float32)
    items, weights = generator.normal(size=(50, 4)).astype(np.float32), generator.normal(size=(4, 4))
    users = np.array([items[row.indices].mean(axis=0) @ weights for row in seen], dtype=np.float32)
    found = FoldIn.fit(users, items, seen)
    np.testing.assert_allclose(found.weights, FoldIn.fit(users[::4], items, seen[::4]).weights, rtol=1e-4)
    np.testing.assert_allclose(found.weights, weights, atol=0.02)


def test_more_dimensions_than_users_and_equal_vectors_give_finite_ones() -> None:
    seen = csr_matrix(np.eye(2, 3, dtype=np.float32))
    fold_in = FoldIn.fit(np.ones((2, 8), dtype=np.float32), np.ones((3, 8), dtype=np.float32), seen)
    np.testing.assert_allclose(fold_in.user_vector(np.ones((1, 8), dtype=np.float32)), np.ones(8))


@pytest.mark.parametrize(
    "architecture",
    [LIGHTGCN, {"num_layers": 0}, {**LIGHTGCN, "layer.1.operator": "ngcf"}, {**LIGHTGCN, "linear_channel": "ease"}],
    ids=["lightgcn", "matrix factorisation", "ngcf", "with a channel"],
)
def test_a_new_user_is_recommended_the_rest_of_their_taste(tmp_path: Path, architecture: dict[str, Value]) -> None:
    """Even users like even items: who touched five of them lacks the other five."""
    spec = trial({**architecture, "loss": "full_softmax"})
    _, fitted = run(retrain([Refit(spec, 30)], checkerboard_task(tmp_path)))
    save_bundle(tmp_path / "bundle", fitted)
    bundle = Bundle.load(tmp_path / "bundle")
    for parity in (0, 1):
        touched = list(range(parity, 10, 2))
        found = {row.item_id for row in bundle.recommend_to_new(touched, 5)}
        assert found == set(range(10 + parity, 20, 2))


def test_leaving_each_item_out_gives_the_vector_of_the_others() -> None:
    generator = np.random.default_rng(0)
    seen = csr_matrix(generator.random((200, 50)) < 0.3, dtype=np.float32)
    items = generator.normal(size=(50, 6)).astype(np.float32)
    keys = np.zeros((50, 6), dtype=np.float32)
    keys[:, 1] = generator.normal(size=50)
    users = generator.normal(size=(200, 6)).astype(np.float32)
    touched = np.array([4, 8, 15])
    for own_keys in (None, keys):
        fold_in = FoldIn.fit(users, items, seen, own_keys)
        found = fold_in.vectors_without_each(items[touched], None if own_keys is None else keys[touched])
        for row, one in zip(found, touched, strict=True):
            rest = touched[touched != one]
            expected = fold_in.user_vector(items[rest], None if own_keys is None else keys[rest])
            np.testing.assert_allclose(row, expected, rtol=1e-4, atol=1e-5)

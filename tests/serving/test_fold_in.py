"""A folded-in user's vector, as one who was trained on would have it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from gnas_ray.core import Value
from gnas_ray.serving import Bundle
from gnas_ray.serving.fold_in import FoldIn
from gnas_ray.training import Refit, retrain, save_bundle
from tests.training.checkerboard import LIGHTGCN, checkerboard_task, trial
from tests.training.test_bundle import run


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

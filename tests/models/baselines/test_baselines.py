from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from gnas_ray.core import GnasRayError
from gnas_ray.models.baselines import BASELINES, ease
from gnas_ray.models.baselines.ease import Ease
from gnas_ray.models.baselines.ials import Ials
from gnas_ray.models.baselines.itemknn import ItemKnn
from gnas_ray.models.baselines.popularity import Popularity

NUM = 30  # users and items of the checkerboard
PERSONAL = [baseline for baseline in BASELINES.values() if baseline is not Popularity]


def checkerboard() -> csr_matrix:
    """Even users like even items, odd ones odd items; user u does not have item u yet, so only that can be right."""
    likes = np.add.outer(np.arange(NUM), np.arange(NUM)) % 2 == 0
    np.fill_diagonal(likes, False)
    return csr_matrix(likes.astype(np.float32))


def read_only(matrix: csr_matrix) -> csr_matrix:
    """As memory-mapped data are."""
    for array in (matrix.data, matrix.indices, matrix.indptr):
        array.flags.writeable = False
    return matrix


def random_interactions(num_users: int = 12, num_items: int = 8) -> csr_matrix:
    return csr_matrix((np.random.default_rng(0).random((num_users, num_items)) < 0.4).astype(np.float32))


def dense_scores(baseline, interactions: csr_matrix) -> np.ndarray:
    return baseline.fit(interactions)(torch.arange(interactions.shape[0])).numpy()


@pytest.mark.parametrize("baseline", PERSONAL)
def test_recovers_the_held_out_item(baseline):
    interactions = checkerboard()
    scores = dense_scores(baseline(), interactions)
    scores[interactions.toarray() > 0] = -np.inf
    assert (scores.argmax(1) == np.arange(NUM)).all()


@pytest.mark.parametrize("baseline", BASELINES.values())
def test_fitting_is_repeatable_and_leaves_the_interactions_alone(baseline):
    interactions = read_only(random_interactions())
    np.testing.assert_array_equal(dense_scores(baseline(), interactions), dense_scores(baseline(), interactions))


@pytest.mark.parametrize("baseline", BASELINES.values())
def test_users_and_items_without_interactions_get_finite_scores(baseline):
    interactions = csr_matrix(np.pad(random_interactions().toarray(), [(0, 2), (0, 3)]))
    scores = dense_scores(baseline(), interactions)
    assert scores.shape == (14, 11)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("baseline", BASELINES.values())
def test_a_batch_of_users_is_scored_as_all_of_them(baseline):
    score = baseline().fit(random_interactions())
    everybody, some = score(torch.arange(12)), score(torch.tensor([7, 2]))
    assert some.dtype == torch.float32
    torch.testing.assert_close(some, everybody[[7, 2]])


@pytest.mark.parametrize("baseline", BASELINES.values())
def test_every_member_of_the_grid_is_rebuilt_from_its_settings(baseline):
    grid = baseline.grid()
    assert len(set(grid)) == len(grid) > 0
    assert all(baseline(**member.settings) == member for member in grid)


def test_popularity_counts():
    interactions = csr_matrix(np.array([[1.0, 1, 0], [0, 5, 0]], dtype=np.float32))
    assert dense_scores(Popularity(), interactions).tolist() == [[1, 2, 0], [1, 2, 0]]


def plain_itemknn(likes: np.ndarray, neighbours: int, shrink: float) -> np.ndarray:
    num_users, num_items = likes.shape
    scores = np.zeros((num_users, num_items))
    for item in range(num_items):
        likeness = []
        for other in range(num_items):
            both = sum(likes[user, item] and likes[user, other] for user in range(num_users))
            size = (likes[:, item].sum() * likes[:, other].sum()) ** 0.5 + shrink
            likeness.append(0.0 if item == other or not both else both / size)
        nearest = sorted(range(num_items), key=lambda other: -likeness[other])[:neighbours]
        for user in range(num_users):
            scores[user, item] = sum(likeness[other] for other in nearest if likes[user, other])
    return scores


@pytest.mark.parametrize(("neighbours", "shrink"), [(8, 0.0), (8, 5.0), (500, 0.0)])
def test_itemknn_equals_its_plain_version(neighbours, shrink):
    interactions = random_interactions()
    expected = plain_itemknn(interactions.toarray(), neighbours, shrink)
    np.testing.assert_allclose(dense_scores(ItemKnn(neighbours, shrink), interactions), expected, rtol=1e-5)


def test_itemknn_looks_at_the_nearest_neighbour_only():
    # Item 0 shares both users with item 1 and one of them with item 2.
    interactions = csr_matrix(np.array([[1, 1, 1], [1, 1, 0], [0, 0, 1]], dtype=np.float32))
    scores = dense_scores(ItemKnn(neighbours=1), interactions)
    assert scores[0, 0] == pytest.approx(1.0)  # from item 1: 2 / sqrt(2 * 2)
    assert scores[2, 0] == 0  # item 2 isn't item 0's nearest


def test_itemknn_in_blocks_is_the_same(monkeypatch):
    interactions = random_interactions()
    whole = dense_scores(ItemKnn(3), interactions)
    monkeypatch.setattr("gnas_ray.models.baselines.itemknn._SIMILARITIES_PER_BLOCK", 20)
    np.testing.assert_array_equal(dense_scores(ItemKnn(3), interactions), whole)


def test_ease_is_a_ridge_regression_of_each_item_on_all_others():
    interactions, regularisation = random_interactions(), 3.0
    likes = interactions.toarray().astype(np.float64)
    expected = np.zeros_like(likes)
    for item in range(likes.shape[1]):
        others = np.delete(likes, item, axis=1)
        gram = others.T @ others + regularisation * np.eye(others.shape[1])
        expected[:, item] = others @ np.linalg.solve(gram, others.T @ likes[:, item])
    np.testing.assert_allclose(dense_scores(Ease(regularisation), interactions), expected, rtol=1e-4, atol=1e-6)


def test_ease_refuses_a_catalogue_it_cannot_hold(monkeypatch):
    monkeypatch.setattr(ease, "_MAX_ITEMS", 7)
    with pytest.raises(GnasRayError, match="8² items"):
        Ease().fit(random_interactions())


def plain_ials(likes: np.ndarray, alpha: float, regularisation: float) -> np.ndarray:
    """Exact alternating least squares with as many factors as items, so that the optimum is the only one."""
    weights = np.where(likes > 0, alpha, 1.0)
    penalty = regularisation * np.eye(likes.shape[1])
    items = np.eye(likes.shape[1])
    for _ in range(500):
        users = np.stack(
            [
                np.linalg.solve((items.T * w) @ items + penalty, (items.T * w) @ p)
                for w, p in zip(weights, likes, strict=True)
            ]
        )
        items = np.stack(
            [
                np.linalg.solve((users.T * w) @ users + penalty, (users.T * w) @ p)
                for w, p in zip(weights.T, likes.T, strict=True)
            ]
        )
    return users @ items.T


def test_ials_minimises_the_weighted_squared_error():
    interactions = random_interactions()
    scores = dense_scores(Ials(factors=8, alpha=3.0, regularisation=0.5, iterations=2000), interactions)
    np.testing.assert_allclose(scores, plain_ials(interactions.toarray(), 3.0, 0.5), atol=1e-3)

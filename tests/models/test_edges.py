import numpy as np
import torch
from scipy.sparse import csr_matrix

from gnas_ray.models.edges import bipartite_adjacency, cap_neighbours, relative_weights, similar_items


def test_relative_weights_average_one_and_stay_positive() -> None:
    ratings = csr_matrix(([1.0, 4.0, 4.0, 3.0], ([0, 0, 1, 2], [0, 1, 1, 1])), shape=(3, 2), dtype=np.float32)
    np.testing.assert_allclose(relative_weights(ratings).toarray(), [[1 / 3, 4 / 3], [0, 4 / 3], [0, 1]])
    ratings.data[:] = [0.0, 10.0, -16.0, 5.0]  # of those above 0 the mean is 7.5
    np.testing.assert_allclose(relative_weights(ratings).data, [0.1, 4 / 3, 0.1, 2 / 3])
    assert ratings.data[0] == 0.0
    ratings.data[:] = -1.0
    np.testing.assert_allclose(relative_weights(ratings).data, [0.1] * 4)


def test_bipartite_adjacency_puts_items_behind_users() -> None:
    interactions = csr_matrix(np.array([[0, 5.0, 0], [2.0, 0, 0]], dtype=np.float32))
    expected = np.zeros((5, 5))
    expected[0, 3] = expected[3, 0] = 5
    expected[1, 2] = expected[2, 1] = 2
    assert (bipartite_adjacency(interactions).toarray() == expected).all()


def test_capped_node_keeps_that_many_of_its_own_neighbours() -> None:
    full = bipartite_adjacency(csr_matrix(np.ones((6, 4), dtype=np.float32)))
    capped = cap_neighbours(full, 3, np.random.default_rng(0))
    assert np.diff(capped.indptr).tolist() == [3] * 10
    assert capped.minimum(full).nnz == capped.nnz


def test_node_below_the_cap_keeps_all() -> None:
    full = bipartite_adjacency(csr_matrix(np.eye(3, dtype=np.float32)))
    assert (cap_neighbours(full, 2, np.random.default_rng(0)) != full).nnz == 0


def test_every_neighbour_is_kept_equally_often() -> None:
    row = csr_matrix(np.array([[0, 1, 1, 1, 1]] + [[0] * 5] * 4, dtype=np.float32))
    kept = sum(cap_neighbours(row, 1, np.random.default_rng(seed)).toarray()[0] for seed in range(400))
    # 400 draws over 4: 100 expected, standard deviation 8.7
    assert kept[0] == 0 and (np.abs(kept[1:] - 100) < 35).all()


def test_similar_items_are_nearest_by_angle_in_either_direction() -> None:
    # Angles 0, 10, 40 and 180 degrees; lengths differ and must not matter.
    angle = torch.deg2rad(torch.tensor([0.0, 10.0, 40.0, 180.0]))
    text = torch.stack([angle.cos(), angle.sin()], dim=1) * torch.tensor([[1.0], [5.0], [0.1], [2.0]])
    edges = similar_items(text, torch.ones(4, dtype=torch.bool), num_neighbours=1).toarray()
    # 0 -> 1, 1 -> 0, 2 -> 1, 3 -> 2
    assert edges.tolist() == [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]]


def test_item_without_text_has_no_similar_items() -> None:
    text = torch.tensor([[1.0, 0.0], [1.0, 0.1], [1.0, 0.0]])
    edges = similar_items(text, torch.tensor([True, True, False]), num_neighbours=5).toarray()
    assert edges.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]


def test_one_text_alone_has_no_neighbours() -> None:
    assert similar_items(torch.ones(2, 3), torch.tensor([True, False]), num_neighbours=2).nnz == 0

import numpy as np
import pytest
from optuna._hypervolume import compute_hypervolume

from gnas_ray.surrogates.hypervolume import hypervolume_gain, non_dominated


@pytest.mark.parametrize("num_objectives", [2, 3])
def test_gains_are_in_proportion_to_the_hypervolumes_that_points_add(num_objectives):
    generator = np.random.default_rng(0)
    known = generator.standard_normal((12, num_objectives))
    points = generator.standard_normal((40, num_objectives)) + 0.7
    front = non_dominated(known)
    reference = front.min(axis=0) - 0.1 * np.maximum(np.ptp(front, axis=0), 1.0)

    def volume(members):
        return compute_hypervolume(-members[(members > reference).all(axis=1)], -reference)

    added = np.array([volume(np.vstack([known, point])) for point in points]) - volume(known)
    gains = np.mean([hypervolume_gain(points, known, seed=seed) for seed in range(20)], axis=0)
    assert (added > 0).sum() > 10
    assert np.corrcoef(added, gains)[0, 1] > 0.99  # the rest is the directions' chance


def test_of_points_that_add_nothing_the_higher_is_ahead():
    known = np.array([[2.0, 2.0], [3.0, 0.0], [0.0, 3.0]])
    gains = hypervolume_gain(np.array([[1.9, 1.9], [0.5, 0.5], [-7.0, -7.0], [-9.0, -7.0]]), known, seed=0)
    assert (np.diff(gains) < 0).all() and gains[0] < 1e-4


def test_with_one_objective_a_point_gains_what_it_is_above_the_best():
    gains = hypervolume_gain(np.array([[1.5], [3.0], [2.5]]), np.array([[2.0], [0.0]]), seed=0)
    assert gains == pytest.approx([0.0, 1.0, 0.5], abs=1e-5)


def test_non_dominated_are_those_that_nothing_beats():
    points = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.5, 0.0], [0.4, 0.4]])
    assert sorted(non_dominated(points).tolist()) == [[0.0, 1.0], [0.4, 0.4], [1.0, 0.0]]


def test_non_dominated_of_many_are_what_the_definition_says():
    generator = np.random.default_rng(0)
    directions = np.abs(generator.standard_normal((300, 3)))
    points = (12 * directions / np.linalg.norm(directions, axis=1, keepdims=True)).round()  # near a sphere, some equal
    beaten = [any((other >= point).all() and (other > point).any() for other in points) for point in points]
    expected = {tuple(point) for point, is_beaten in zip(points, beaten, strict=True) if not is_beaten}
    assert len(expected) > 5
    assert sorted(map(tuple, non_dominated(points))) == sorted(expected)

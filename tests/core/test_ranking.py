import math
import random

import pytest

from gnas_ray.core import Merit
from gnas_ray.core.ranking import crowding, fronts, places


def dominates(one, other):
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("num_objectives", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(3))
def test_fronts_are_those_of_peeling_one_after_the_other(num_objectives, seed):
    generator = random.Random(seed)
    points = [tuple(float(generator.randint(0, 9)) for _ in range(num_objectives)) for _ in range(60)]
    left = set(points)
    for front in fronts(points):
        expected = {p for p in left if not any(dominates(other, p) for other in left)}
        assert set(front) == expected and len(front) == len(expected)
        left -= expected
    assert not left


def test_crowding_is_the_distance_between_neighbours_over_the_extent():
    front = [(0.0, 10.0), (1.0, 6.0), (3.0, 5.0), (4.0, 0.0)]
    ends = math.inf
    assert crowding(front) == [ends, pytest.approx(3 / 4 + 5 / 10), pytest.approx(3 / 4 + 6 / 10), ends]


def test_one_objective_is_ordered_by_value_and_equals_are_equal():
    assert places([Merit((v,)) for v in (0.3, 0.1, 0.3, 0.2)]) == [2, 0, 2, 1]


def test_constraints_come_first_then_fronts_then_crowding():
    best_first = [
        [Merit((0.0, 10.0)), Merit((4.0, 0.0))],  # the ends of the first front
        [Merit((3.0, 5.0))],  # less crowded
        [Merit((1.0, 6.0))],
        [Merit((0.0, 6.0)), Merit((2.0, 4.0))],  # dominated
        [Merit((9.0, 9.0), (-0.1,))],
        [Merit((8.0, 9.0), (-0.2,)), Merit((9.0, 8.0), (-0.2,))],
        [Merit((1.0, 1.0), (-0.2,))],
    ]
    merits = [merit for group in best_first for merit in group]
    expected = [sum(map(len, best_first[index + 1 :])) for index, group in enumerate(best_first) for _ in group]
    assert places(merits) == expected

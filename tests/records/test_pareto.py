"""The Pareto front of quality and cost."""

from hypothesis import given
from hypothesis import strategies as st

from gnas_ray.records.pareto import cost_points, measured_costs, pareto_front
from tests.records.trials import OBJECTIVES, six_trials

PAIRS = st.lists(st.tuples(st.integers(0, 6).map(float), st.integers(0, 6).map(float)), max_size=12)


@given(PAIRS)
def test_the_front_is_what_no_other_point_dominates(points: list[tuple[float, float]]) -> None:
    def dominated(point: tuple[float, float]) -> bool:
        return any(o != point and o[0] <= point[0] and o[1] >= point[1] for o in points)

    assert pareto_front(points) == sorted({point for point in points if not dominated(point)})


def test_every_trial_that_did_not_fail_stands_where_its_best_measurement_puts_it() -> None:
    points = cost_points(six_trials().trials(), "epoch_seconds", objectives=OBJECTIVES)
    assert [(p.number, p.cost, p.quality, p.on_front) for p in points] == [
        (1, 1.0, 0.28, True),
        (4, 2.0, 0.24, False),
        (0, 2.0, 0.2, False),
        (3, 3.0, 0.31, True),
    ]


def test_costs_nobody_measured_are_not_offered() -> None:
    assert measured_costs(six_trials().trials()) == ["epoch_seconds"]

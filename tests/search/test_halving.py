import math
import random

import numpy as np
import pytest

from gnas_ray.core import Merit, RungLadder
from gnas_ray.search.halving import SuccessiveHalving

LADDER = RungLadder(grace_period=1, reduction_factor=3, max_epochs=9)  # rungs 1, 3, 9


def record(halving, number, fidelity, *values, cost_margin=1.0, margin=1.0):
    return halving.record(number, fidelity, Merit(values, (cost_margin,), (margin,)))


def test_the_first_goes_on_and_of_the_next_two_who_is_better():
    halving = SuccessiveHalving(LADDER)
    assert record(halving, 0, 1, 0.5)
    assert not record(halving, 1, 1, 0.4)
    assert record(halving, 2, 1, 0.6)
    assert [halving.is_stopped(number) for number in range(3)] == [False, True, False]


def test_the_top_third_of_six_is_two_and_of_seven_three():
    halving = SuccessiveHalving(LADDER)
    for number, value in enumerate([0.9, 0.1, 0.2, 0.3, 0.4]):
        record(halving, number, 1, value)
    assert not record(halving, 5, 1, 0.3)  # a third of six
    assert record(halving, 6, 1, 0.35)  # third of seven


def test_nobody_stops_between_rungs_or_at_the_last():
    halving = SuccessiveHalving(LADDER)
    for number in range(2):
        record(halving, number, 1, 0.9)
    assert record(halving, 2, 1, 0.9)  # a tie is in its favour
    assert record(halving, 2, 2, 0.0)
    for number in range(2):
        record(halving, number, 3, 0.95)
    assert not record(halving, 2, 3, 0.0)
    record(halving, 0, 9, 0.99)
    record(halving, 3, 9, 0.999)
    assert record(halving, 1, 9, 0.95)  # the worst of three


def test_one_that_is_known_to_have_ended_climbs_and_is_not_judged():
    halving = SuccessiveHalving(LADDER)
    for number, value in enumerate((0.9, 0.8)):
        assert halving.record(number, 1, Merit((value,)), has_ended=True)
    assert [halving.num_climbed(number) for number in range(2)] == [1, 1]
    assert not record(halving, 2, 1, 0.85), "the second of three"


def test_a_rung_holds_the_best_value_so_far():
    halving = SuccessiveHalving(LADDER)
    for fidelity, value in [(1, 0.5), (2, 0.7), (3, 0.6)]:
        record(halving, 0, fidelity, value)
    assert halving.climb(0) == [0.5, 0.7]
    assert [list(rung) for rung in halving.peers] == [[0.5], [0.7], []]


def test_a_skipped_rung_is_entered_late():
    halving = SuccessiveHalving(LADDER)
    record(halving, 0, 4, 0.5)
    assert halving.climb(0) == [0.5, 0.5]


def test_nan_stops_and_enters_no_rung():
    halving = SuccessiveHalving(LADDER)
    assert not record(halving, 0, 1, math.nan)
    assert halving.is_stopped(0)
    assert list(halving.peers[0]) == []


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_sorting_all_values_at_each_arrival(seed):
    generator = random.Random(seed)
    halving = SuccessiveHalving(LADDER)
    arrived = []
    for number in range(100):
        value = generator.choice([round(generator.random(), 1), generator.random()])
        arrived.append(value)
        best_first = sorted(arrived, reverse=True)
        expected = value >= best_first[math.ceil(len(arrived) / 3) - 1]
        assert record(halving, number, 1, value) is expected


def test_about_one_in_three_of_many_random_trials_survives_a_rung():
    generator = random.Random(0)
    halving = SuccessiveHalving(LADDER)
    survivors = sum(record(halving, number, 1, generator.random()) for number in range(3000))
    assert 900 < survivors < 1150


def test_a_trial_that_has_trained_out_enters_the_rungs_that_are_left_with_its_best():
    halving = SuccessiveHalving(RungLadder(1, 3, 9, patience=2))
    assert record(halving, 0, 1, 0.5)
    assert record(halving, 0, 2, 0.4)
    assert not record(halving, 0, 3, 0.3)
    assert halving.has_plateaued(0)
    assert list(halving.climb(0)) == [0.5, 0.5, 0.5]
    assert [list(peers) for peers in halving.peers] == [[0.5]] * 3


def test_an_improvement_in_time_lets_a_trial_go_on():
    halving = SuccessiveHalving(RungLadder(1, 3, 9, patience=2))
    assert all(record(halving, 0, epoch, value) for epoch, value in ((1, 0.5), (2, 0.4), (3, 0.6), (4, 0.6)))
    assert not record(halving, 0, 5, 0.6), "equal is no better"


def test_several_objectives_are_ranked_by_fronts():
    halving = SuccessiveHalving(LADDER, is_plain=False)
    for number, values in enumerate([(0.5, 0.5), (0.1, 0.1), (0.2, 0.2), (0.3, 0.3), (0.4, 0.4)]):
        record(halving, number, 1, *values)
    assert record(halving, 5, 1, 0.1, 0.9), "on the first front with (.5, .5): two of six go on"
    assert record(halving, 6, 1, 0.45, 0.45), "the third of seven"
    assert not record(halving, 7, 1, 0.44, 0.44), "the fourth of eight"
    assert halving.climb(5) == halving.climb(0), "both are ends of the front"
    assert halving.climb(0)[0] > halving.climb(6)[0] > halving.climb(4)[0]


def test_what_breaks_a_constraint_ranks_below_all_and_counts_as_on_the_first_rung():
    halving = SuccessiveHalving(LADDER, is_plain=False)
    record(halving, 0, 1, 0.9, cost_margin=-0.1)
    record(halving, 0, 3, 0.95, cost_margin=-0.1)
    record(halving, 1, 1, 0.8, cost_margin=-0.5)
    record(halving, 2, 1, 0.1)
    assert [halving.climb(number) for number in range(3)] == [[1.0], [0.0], [2.0]]


def test_a_trial_is_its_measurement_that_lacks_least():
    halving = SuccessiveHalving(LADDER, is_plain=False)
    record(halving, 0, 1, 0.9, margin=-0.1)
    record(halving, 0, 2, 0.2)
    record(halving, 0, 3, 0.99, margin=-0.1)
    assert halving.best(0).values == (0.2,)
    assert [merit.values for merit in halving.merits(0)] == [(0.9,), (0.2,)]


def test_a_cost_that_varies_makes_no_measurement_better_and_ends_no_trial():
    halving = SuccessiveHalving(RungLadder(1, 3, 9, patience=2), is_plain=False)
    goes_on = [record(halving, 0, epoch, epoch / 10, cost_margin=-epoch / 100) for epoch in range(1, 9)]
    assert all(goes_on)
    assert [merit.values for merit in halving.merits(0)] == [(0.1,), (0.3,)]


def test_what_training_may_still_mend_puts_nobody_behind_all_others_below_the_last_rung():
    """Who lacks something at the first rung and is best otherwise goes on; who still lacks it at the last is behind."""
    halving = SuccessiveHalving(LADDER, is_plain=False)
    for number in range(5):
        record(halving, number, 1, number / 10)
    assert record(halving, 5, 1, 0.9, margin=-0.5)
    assert not record(halving, 6, 1, 0.3, margin=-0.5), "lacks as much and is worse"
    assert halving.climb(5)[0] > halving.climb(3)[0]
    for number in (3, 5):
        record(halving, number, 9, 0.9, margin=-0.1 if number == 5 else 0.2)
    assert len(halving.climb(3)) == 3
    assert len(halving.climb(5)) == 1, "as on the first rung"


def test_what_breaks_a_constraint_is_rewarded_as_on_the_first_rung():
    halving, nan = SuccessiveHalving(LADDER, is_plain=False), math.nan
    record(halving, 0, 1, 0.9, cost_margin=-0.1)
    record(halving, 0, 3, 0.95, cost_margin=-0.1)
    record(halving, 1, 1, 0.1)
    np.testing.assert_array_equal(halving.climbs(np.array([0, 1])), [[0, nan, nan], [1, nan, nan]])

import math

import pytest

from gnas_ray.rewards import RungRank
from tests.rewards.test_conformance import rate


def rung_rank(*trials, peers):
    return rate(RungRank(), trials, peers)


def test_rank_among_peers_at_the_same_rung_decides():
    rewards = rung_rank([0.1], [0.2], [0.3], peers=[[0.1, 0.2, 0.3], [], []])
    assert rewards == pytest.approx([0.0, 0.5 / 3, 1 / 3])


def test_a_trial_that_climbed_further_wins_whatever_its_raw_value():
    stopped, climbed = rung_rank([0.9], [0.1, 0.2], peers=[[0.1, 0.9, 0.95], [0.2]])
    assert stopped == pytest.approx(0.5 / 2)  # beat one of two others on the first of two rungs
    assert climbed == pytest.approx(1 / 2)
    assert stopped < climbed


def test_best_at_the_last_rung_is_one_and_a_lonely_trial_has_beaten_nobody():
    assert rung_rank([0.1, 0.2], peers=[[0.1, 0.3], [0.15, 0.2]]) == pytest.approx([1.0])
    assert rung_rank([0.7], peers=[[0.7], []]) == [0.0]


def test_equal_values_beat_nobody():
    assert rung_rank([0.4], peers=[[0.4, 0.4, 0.4]]) == [0.0]


def test_no_rung_reached_is_no_reward():
    assert math.isnan(rung_rank([], peers=[[0.1], []])[0])

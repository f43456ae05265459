"""What every registered reward must do."""

import inspect
import math
import random
from bisect import insort

import numpy as np
import pytest

from gnas_ray.rewards import REWARDS

REWARD = pytest.mark.parametrize("reward", [pytest.param(cls(), id=name) for name, cls in REWARDS.items()])


def rate(reward, trials, peers):
    """The rewards of trials given as lists of values, lowest rung first."""
    values = np.full((len(trials), len(peers)), np.nan)
    for row, trial in zip(values, trials, strict=True):
        row[: len(trial)] = trial
    return reward.rate(values, [np.array(rung, dtype=float) for rung in peers]).tolist()


def climbs(*, seed, num_trials=30, num_rungs=3):
    """Random trials as value lists, non-decreasing along the rungs, and the peers they make."""
    generator = random.Random(seed)
    peers = [[] for _ in range(num_rungs)]
    trials = []
    for _ in range(num_trials):
        trial, best = [], -math.inf
        for rung in range(generator.randint(1, num_rungs)):
            best = max(best, generator.random())
            trial.append(best)
            insort(peers[rung], best)
        trials.append(trial)
    return trials, peers


def test_there_are_rewards():
    assert REWARDS


@REWARD
def test_finite_numbers_and_nothing_for_a_trial_without_a_rung(reward):
    trials, peers = climbs(seed=0)
    assert all(map(math.isfinite, rate(reward, trials, peers)))
    assert math.isnan(rate(reward, [[]], peers)[0])
    assert rate(reward, [], peers) == []


@REWARD
def test_a_trial_is_rated_the_same_whoever_is_rated_with_it(reward):
    trials, peers = climbs(seed=4)
    assert rate(reward, trials, peers) == [rate(reward, [trial], peers)[0] for trial in trials]


@REWARD
def test_a_better_value_at_the_same_rung_is_never_worth_less(reward):
    trials, peers = climbs(seed=1)
    for rung in range(3):
        at_rung = sorted(trial[-1] for trial in trials if len(trial) == rung + 1)
        rewards = rate(reward, [[0.0] * rung + [value] for value in at_rung], peers)
        assert len(rewards) > 3
        assert rewards == sorted(rewards)


@REWARD
def test_the_objectives_scale_does_not_matter(reward):
    trials, peers = climbs(seed=2)
    scaled_peers = [[100 + 7 * value for value in rung] for rung in peers]
    scaled = rate(reward, [[100 + 7 * value for value in trial] for trial in trials], scaled_peers)
    assert scaled == pytest.approx(rate(reward, trials, peers))


@REWARD
def test_arguments_are_left_alone(reward):
    values, peers = np.array([[0.1, 0.4], [0.2, np.nan]]), [np.array([0.1, 0.2]), np.array([0.4])]
    reward.rate(values, peers)
    assert repr(values) == repr(np.array([[0.1, 0.4], [0.2, np.nan]]))
    assert [rung.tolist() for rung in peers] == [[0.1, 0.2], [0.4]]


@pytest.mark.parametrize("name", REWARDS)
def test_constructor_parameters_bind_to_yaml_keys(name):
    for parameter in inspect.signature(REWARDS[name]).parameters.values():
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
        assert parameter.default is not inspect.Parameter.empty

"""What every registered reward must do."""

import inspect
import math
import random
from bisect import insort

import pytest

from gnas_ray.rewards import REWARDS

REWARD = pytest.mark.parametrize("reward", [pytest.param(cls(), id=name) for name, cls in REWARDS.items()])


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
    assert all(math.isfinite(reward.rate(trial, peers)) for trial in trials)
    assert reward.rate([], peers) is None


@REWARD
def test_a_better_value_at_the_same_rung_is_never_worth_less(reward):
    trials, peers = climbs(seed=1)
    for rung in range(3):
        at_rung = sorted(trial[-1] for trial in trials if len(trial) == rung + 1)
        rewards = [reward.rate([0.0] * rung + [value], peers) for value in at_rung]
        assert len(rewards) > 3
        assert rewards == sorted(rewards)


@REWARD
def test_the_objectives_scale_does_not_matter(reward):
    trials, peers = climbs(seed=2)
    scaled_peers = [[100 + 7 * value for value in rung] for rung in peers]
    for trial in trials:
        scaled = reward.rate([100 + 7 * value for value in trial], scaled_peers)
        assert scaled == pytest.approx(reward.rate(trial, peers))


@REWARD
def test_arguments_are_left_alone(reward):
    trials, peers = climbs(seed=3)
    before = [list(rung) for rung in peers]
    reward.rate(trials[0], peers)
    assert peers == before


@pytest.mark.parametrize("name", REWARDS)
def test_constructor_parameters_bind_to_yaml_keys(name):
    for parameter in inspect.signature(REWARDS[name]).parameters.values():
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
        assert parameter.default is not inspect.Parameter.empty

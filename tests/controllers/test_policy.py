import math
import random
from collections import Counter

import numpy as np
import pytest

from gnas_ray.controllers.policy import Adam, Policy
from gnas_ray.space import SearchSpace
from tests.controllers.spaces import LAYERED

SMALL = SearchSpace(LAYERED.decisions[:5])  # 64 members


def policy_with_random_parameters(space, *, conditional=True, seed=0):
    policy = Policy(space, conditional=conditional)
    policy.parameters += np.random.default_rng(seed).normal(size=policy.parameters.shape) * policy.learned
    return policy


def members(space):
    """Every member, by plain recursion."""

    def extend(partial, rest):
        if not rest:
            return [partial]
        if not space.active(partial, rest[0]):
            return extend(partial, rest[1:])
        return [m for option in rest[0].options for m in extend({**partial, rest[0].name: option}, rest[1:])]

    return extend({}, list(space.decisions))


def test_a_new_policy_is_uniform_decision_by_decision():
    policy = Policy(SMALL, conditional=True)
    two_active = policy.encode([{"features": "id", "num_layers": 0}])
    assert policy.log_prob(two_active) == pytest.approx([math.log(1 / 3 * 1 / 4)])


@pytest.mark.parametrize("conditional", [False, True])
def test_probabilities_of_all_members_sum_to_one(conditional):
    policy = policy_with_random_parameters(SMALL, conditional=conditional)
    everything = members(SMALL)
    assert len(everything) == 64
    assert np.exp(policy.log_prob(policy.encode(everything))).sum() == pytest.approx(1)


def test_samples_come_as_often_as_their_log_probability_says():
    policy = policy_with_random_parameters(SMALL)
    generator = random.Random(0)
    samples = [policy.sample(generator) for _ in range(20000)]
    encoded = policy.log_prob(policy.encode([architecture for architecture, _ in samples[:100]]))
    assert [log_prob for _, log_prob in samples[:100]] == pytest.approx(encoded.tolist())
    counts = Counter(SMALL.key(architecture) for architecture, _ in samples)
    for member in members(SMALL):
        expected = math.exp(policy.log_prob(policy.encode([member]))[0])
        # four standard deviations of a binomial share
        assert abs(counts[SMALL.key(member)] / 20000 - expected) < 4 * math.sqrt(expected / 20000) + 1e-4


def test_a_decision_depends_on_earlier_ones_only_when_conditional():
    for conditional in (False, True):
        policy = policy_with_random_parameters(SMALL, conditional=conditional)
        chances = policy.probability(policy.encode([{"features": f, "num_layers": 0} for f in ("id", "text")]))
        layers = slice(5, 9)  # after 3 features and 2 fusions
        assert np.allclose(chances[0, layers], chances[1, layers]) is not conditional


@pytest.mark.parametrize("conditional", [False, True])
def test_gradient_agrees_with_finite_differences(conditional):
    policy = policy_with_random_parameters(SMALL, conditional=conditional)
    generator = random.Random(1)
    chosen = policy.encode([policy.sample(generator)[0] for _ in range(6)])
    slope, entropy_slope = np.linspace(-1, 2, 6), np.linspace(0.5, 1.5, 6)

    def value():
        return (slope * policy.log_prob(chosen) + entropy_slope * policy.entropy(chosen)).sum()

    gradient = policy.gradient(chosen, slope, entropy_slope)
    assert np.abs(gradient[1:]).sum() > 0 if conditional else np.abs(gradient[1:]).sum() == 0
    for row, column in zip(*np.nonzero(policy.learned), strict=True):
        kept = policy.parameters[row, column]
        policy.parameters[row, column] = kept + 1e-5
        above = value()
        policy.parameters[row, column] = kept - 1e-5
        below = value()
        policy.parameters[row, column] = kept
        assert gradient[row, column] == pytest.approx((above - below) / 2e-5, rel=1e-4, abs=1e-7)


def test_entropy_counts_active_decisions_only():
    policy = Policy(SMALL, conditional=True)
    chosen = policy.encode(
        [{"features": "id", "num_layers": 0}, {"features": "both", "fusion": "sum", "num_layers": 0}]
    )
    expected = [math.log(3) + math.log(4), math.log(3) + math.log(2) + math.log(4)]
    assert policy.entropy(chosen) == pytest.approx(expected)


def test_marginals_are_means_over_the_architectures_in_which_a_decision_is_active():
    policy = Policy(SMALL, conditional=True)
    policy.parameters[0, 3] = math.log(3)  # fusion: sum is three times as likely as gate
    chosen = policy.encode(
        [{"features": "id", "num_layers": 0}, {"features": "both", "fusion": "gate", "num_layers": 0}]
    )
    marginals = policy.marginals(chosen)
    assert marginals["fusion"] == pytest.approx({"sum": 0.75, "gate": 0.25})
    assert marginals["features"] == pytest.approx({"id": 1 / 3, "text": 1 / 3, "both": 1 / 3})
    assert "layer.0.operator" not in marginals


def test_adams_first_step_is_the_learning_rate_in_the_gradients_direction():
    adam = Adam((2,), learning_rate=0.1)
    assert adam.step(np.array([3.0, -0.02])) == pytest.approx([0.1, -0.1], rel=1e-4)
    # second step by hand: means 0.1 * 3 + 0.9 * 0.3 = .57 / .19 = 3; squares 9: again 0.1
    assert adam.step(np.array([3.0, -0.02])) == pytest.approx([0.1, -0.1], rel=1e-4)


@pytest.mark.parametrize("conditional", [False, True])
def test_a_new_policy_is_as_likely_as_the_options_weigh(conditional):
    space = SMALL.weighted({"features": {"text": 4.0}, "num_layers": {0: 2.0, 1: 3.0}})
    policy = Policy(space, conditional=conditional)
    first = policy.encode([{"features": "id", "num_layers": 0}])
    assert policy.log_prob(first) == pytest.approx([math.log(1 / 6 * 2 / 7)])

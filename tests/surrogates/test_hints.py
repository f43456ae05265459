"""What is believed beforehand: it is followed where it agrees with what is tried, and fades."""

import math
import random

import numpy as np
import pytest
from scipy.stats import spearmanr

from gnas_ray.space import Categorical, Conditions, Decision, Float, SearchSpace
from gnas_ray.surrogates import GP, EarlierTrials, Encoding, Evidence
from gnas_ray.surrogates.gaussian_process import DOUBT, TRUST, GaussianProcess, KernelParameters, Points
from gnas_ray.surrogates.hints import EarlierHint, WeightsHint
from tests.controllers.spaces import LAYERED, quality

SPACE = SearchSpace(
    (Decision("a", ("x", "y")), Decision("b", ("x", "y"), Conditions.of({"a": "y"}))),
    (Categorical("size", (1, 2, 4)), Float("rate", 0, 1)),
)


def members(number, seed, space=LAYERED):
    generator = random.Random(seed)
    return [space.sample_architecture(generator) for _ in range(number)]


def earlier_trials(number, *, seed=5, worth=quality):
    tried = members(number, seed)
    return EarlierTrials("earlier", tried, np.array([worth(member) for member in tried]), number)


def agreement(surrogate, evidence, candidates):
    """Rank correlation of what it promises without exploring with what is true."""
    return spearmanr(surrogate.promise(candidates, evidence, seed=0), [quality(c) for c in candidates])[0]


def gp(space=LAYERED):
    return GP(space, exploration=0.0, plain_exploration=0.0)


def test_the_weights_of_what_was_chosen_are_multiplied():
    hint = WeightsHint(SPACE.weighted({"a": {"y": math.e}, "size": {4: math.e**0.3}}))
    codes = Encoding((*SPACE.decisions, *SPACE.hyperparameters)).encode(
        [{"a": "x", "size": 1, "rate": 0.5}, {"a": "y", "b": "x", "size": 4, "rate": 0.1}]
    )
    # a: -1/2, 1/2; size: -.1, -.1, .2; all of them spread by less than 1
    assert hint(codes) == pytest.approx([-0.6, 0.7])


def test_heavy_weights_have_a_spread_of_one():
    hint = WeightsHint(SPACE.weighted({"a": {"y": math.e**6}}))
    codes = Encoding((*SPACE.decisions, *SPACE.hyperparameters)).encode([{"a": "x"}, {"a": "y"}])
    assert hint(codes) == pytest.approx([-1, 1])


def test_hints_are_a_linear_mean_with_normal_coefficients():
    """Rasmussen and Williams 2006, equations 2.41 and 2.42 with b and B, by inverses."""
    encoding = Encoding([Decision(name, tuple(f"{name}{i}" for i in range(4))) for name in "abc"])
    generator = np.random.default_rng(0)
    known, new = (
        Points(generator.integers(0, 4, (n, 3)).astype(float), generator.normal(size=(n, 2))) for n in (12, 5)
    )
    targets = generator.normal(size=12)
    kernel = KernelParameters(np.array([0.3, 0.5, 2.0]), variance=1.5, noise=0.2)

    def covariance(rows, columns):
        return np.array([[1.5 * np.exp(-((r != c) * [0.3, 0.5, 2.0]).sum()) for c in columns] for r in rows])

    inverse = np.linalg.inv(covariance(known.codes, known.codes) + (0.2 + 1e-6 + 1.5e-5) * np.eye(12))
    cross = covariance(known.codes, new.codes)
    precision = np.eye(2) / (DOUBT**2 / 2)
    beta = np.linalg.solve(
        precision + known.hints.T @ inverse @ known.hints,
        known.hints.T @ inverse @ targets + precision @ np.full(2, TRUST / 2),
    )
    left_open = new.hints.T - known.hints.T @ inverse @ cross
    expected = cross.T @ inverse @ (targets - known.hints @ beta) + new.hints @ beta
    variance = 1.5 - np.diag(cross.T @ inverse @ cross)
    variance += np.diag(left_open.T @ np.linalg.inv(precision + known.hints.T @ inverse @ known.hints) @ left_open)
    mean, deviation = GaussianProcess(kernel, encoding, known, targets).predict(new)
    assert mean == pytest.approx(expected)
    assert deviation == pytest.approx(np.sqrt(variance))


def test_what_an_earlier_experiment_tried_helps_to_rank_what_nobody_tried_here():
    ended, candidates = members(12, seed=0), members(100, seed=1)
    values = np.array([quality(member) for member in ended])
    alone = agreement(gp(), Evidence(ended, values, []), candidates)
    helped = agreement(gp(), Evidence(ended, values, [], [earlier_trials(80)]), candidates)
    assert helped > alone + 0.1


def test_an_earlier_experiment_that_is_wrong_is_found_out():
    ended, candidates = members(60, seed=0), members(100, seed=1)
    values = np.array([quality(member) for member in ended])
    misleading = [earlier_trials(80, worth=lambda member: -quality(member))]
    alone = agreement(gp(), Evidence(ended, values, []), candidates)
    assert agreement(gp(), Evidence(ended, values, [], misleading), candidates) > alone - 0.05


def test_only_the_order_of_an_earlier_experiment_s_values_counts():
    ended, candidates = members(15, seed=0), members(50, seed=1)
    values = np.array([quality(member) for member in ended])
    one, other = (
        gp().promise(candidates, Evidence(ended, values, [], [earlier_trials(40, worth=worth)]), seed=0)
        for worth in (quality, lambda member: 1000 * quality(member) ** 3 - 7)
    )
    assert (one == other).all()


def test_earlier_trials_may_leave_choices_open():
    whole = earlier_trials(60)
    without = [{name: option for name, option in member.items() if name != "residual"} for member in whole.members]
    hint = EarlierHint(Encoding(LAYERED.decisions), EarlierTrials("earlier", without, whole.values, 60))
    candidates = members(100, seed=1)
    said = hint(Encoding(LAYERED.decisions).encode(candidates))
    assert spearmanr(said, [quality(c) for c in candidates])[0] > 0.5


def test_preferred_options_are_more_promising_the_less_was_tried():
    def lead(num_ended):
        ended = members(num_ended, seed=0)
        evidence = Evidence(ended, np.arange(num_ended) % 2.0, [])  # which says nothing
        candidates = members(60, seed=1)
        promise = gp(LAYERED.weighted({"residual": {True: 8.0}})).promise(candidates, evidence, seed=0)
        is_preferred = np.array([member["residual"] for member in candidates])
        return promise[is_preferred].mean() - promise[~is_preferred].mean()

    assert lead(10) > 0.1
    assert abs(lead(150)) < lead(10) / 2

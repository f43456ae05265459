import random

import numpy as np
import pytest

from gnas_ray.surrogates import GP, Evidence
from tests.controllers.spaces import LAYERED, quality


def members(number, seed):
    generator = random.Random(seed)
    return [LAYERED.sample_architecture(generator) for _ in range(number)]


def promise(surrogate, candidates, ended, *, running=(), seed=0):
    values = np.array([quality(member) for member in ended])
    return surrogate.promise(candidates, Evidence(ended, values, list(running)), seed=seed)


@pytest.mark.parametrize("plain_share", [0.0, 1.0])
def test_the_most_promising_is_far_better_than_the_candidates_are(plain_share):
    surrogate = GP(LAYERED, plain_share=plain_share, exploration=1.0, plain_exploration=1.0)
    candidates = members(100, seed=1)
    best = candidates[int(np.argmax(promise(surrogate, candidates, members(60, seed=0))))]
    assert quality(best) >= sorted(map(quality, candidates))[-6]


@pytest.mark.parametrize("plain_share", [0.0, 1.0])
def test_what_runs_is_less_promising_than_if_it_did_not(plain_share):
    surrogate = GP(LAYERED, plain_share=plain_share)
    ended, candidates = members(30, seed=0), members(100, seed=1)
    before = promise(surrogate, candidates, ended)
    running = candidates[int(np.argmax(before))]
    after = promise(surrogate, candidates, ended, running=[running])
    at = candidates.index(running)
    assert after[at] < before[at]
    assert after[at] - before[at] == pytest.approx((after - before).min())


def test_only_the_order_of_values_counts():
    ended, candidates = members(40, seed=0), members(50, seed=1)
    values = np.array([quality(member) for member in ended])
    plain, stretched = (
        GP(LAYERED).promise(candidates, Evidence(ended, scaled, []), seed=0)
        for scaled in (values, np.unique(values, return_inverse=True)[1] ** 2.0)
    )
    assert (plain == stretched).all()


def test_seeds_share_out_the_kernels():
    surrogate = GP(LAYERED, plain_share=0.5)
    ended, candidates = members(40, seed=0), members(20, seed=1)
    seen = {tuple(promise(surrogate, candidates, ended, seed=seed)) for seed in range(20)}
    assert len(seen) == 2


@pytest.mark.parametrize("wrong", [{"num_startup_trials": 1}, {"num_candidates": 0}, {"exploration": -1.0}])
def test_parameters_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="wanted num_startup_trials from 2"):
        GP(LAYERED, **wrong)

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


@pytest.mark.parametrize(
    "wrong", [{"num_startup_trials": 1}, {"num_candidates": 0}, {"exploration": -1.0}, {"time_weight": -1.0}]
)
def test_parameters_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="wanted num_startup_trials from 2"):
        GP(LAYERED, **wrong)


@pytest.mark.parametrize(("plain_share", "time_left"), [(0.0, 1.0), (1.0, 1.0), (0.0, 0.25)])
def test_of_members_as_promising_the_quicker_is_tried_while_time_is_left(plain_share, time_left):
    def seconds(member):
        return 10.0 if member["num_layers"] == 3 else 1.0

    surrogate, ended, candidates = GP(LAYERED, plain_share=plain_share), members(60, seed=0), members(100, seed=1)
    values = np.array([quality(member) for member in ended])
    epoch_seconds = np.array([seconds(member) for member in ended])
    epoch_seconds[::7] = np.nan  # not measured
    evidence = Evidence(ended, values, [], epoch_seconds=epoch_seconds, time_left=time_left)
    lost = promise(surrogate, candidates, ended) - surrogate.promise(candidates, evidence, seed=0)
    slow = np.array([seconds(member) > 1 for member in candidates])
    assert lost[slow].min() > lost[~slow].max()
    assert lost[slow].mean() - lost[~slow].mean() == pytest.approx(time_left * 1.5 * np.log(10), rel=0.2)


def test_seconds_that_say_nothing_change_nothing():
    ended, candidates = members(30, seed=0), members(20, seed=1)
    values = np.array([quality(member) for member in ended])
    without = promise(GP(LAYERED), candidates, ended)
    told = np.array([1.0 + member["num_layers"] for member in ended])
    for seconds, time_left in ((np.full(30, 2.0), 1.0), (np.full(30, np.nan), 1.0), (told, 0.0), (told, None)):
        evidence = Evidence(ended, values, [], epoch_seconds=seconds, time_left=time_left)
        assert (GP(LAYERED).promise(candidates, evidence, seed=0) == without).all()


def test_it_waits_for_half_as_many_trials_where_time_is_the_budget():
    def first_ready(is_timed):
        return next(
            number for number in range(100) if GP(LAYERED, num_startup_trials=20).is_ready(number, is_timed=is_timed)
        )

    assert (first_ready(is_timed=False), first_ready(is_timed=True)) == (20, 10)

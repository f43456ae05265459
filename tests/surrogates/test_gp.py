import random

import numpy as np
import pytest

from gnas_ray.space import Decision, SearchSpace
from gnas_ray.surrogates import GP, Evidence, Hindrance
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


@pytest.mark.parametrize("plain_share", [0.0, 1.0])
def test_what_breaks_a_constraint_is_not_promising_but_says_what_members_are_worth(plain_share):
    def margin(member):
        return 2.5 - member["num_layers"]

    surrogate, ended, candidates = GP(LAYERED, plain_share=plain_share), members(60, seed=0), members(200, seed=1)
    values = np.array([[quality(member)] for member in ended])
    margins = np.array([[margin(member)] for member in ended])
    # As the search has it: whatever breaks the constraint is below all that keeps it.
    order = np.where(margins[:, 0] >= 0, values[:, 0], -10.0)
    evidence = Evidence(ended, order, candidates[:2], by_objective=values, margins=margins)
    promise = surrogate.promise(candidates, evidence, seed=0)
    breaks = np.array([margin(member) < 0 for member in candidates])
    assert promise[breaks].max() < 0.25 * promise[~breaks].max()
    kept = [candidate for candidate, is_broken in zip(candidates, breaks, strict=True) if not is_broken]
    best = kept[int(np.argmax(promise[~breaks]))]
    assert quality(best) >= sorted(map(quality, kept))[-len(kept) // 10]


@pytest.mark.parametrize("plain_share", [0.0, 1.0])
@pytest.mark.parametrize("name", ["limit", "failure"])
@pytest.mark.parametrize("is_plain", [True, False])
def test_what_would_come_to_nothing_is_not_promising_and_nothing_near_it_is_worse_for_that(is_plain, plain_share, name):
    """Three layers are the best and too many, two the next best."""
    tried, candidates = members(80, seed=0), members(200, seed=1)
    amounts = np.array([0.5 * (member["num_layers"] > 2) for member in tried])
    ended = [member for member, too_much in zip(tried, amounts, strict=True) if not too_much]
    values = np.array([quality(member) for member in ended])
    several = {} if is_plain else {"by_objective": values[:, None], "margins": np.ones((len(ended), 1))}
    evidence = Evidence(
        ended, values, candidates[:2], hindrances=[Hindrance(name, tried, amounts, name == "failure")], **several
    )
    promise = GP(LAYERED, plain_share=plain_share).promise(candidates, evidence, seed=0)
    is_in_vain = np.array([member["num_layers"] > 2 for member in candidates])
    assert promise[is_in_vain].max() < (0.3 if name == "limit" else 0.9) * promise[~is_in_vain].max()
    others = [candidate for candidate, in_vain in zip(candidates, is_in_vain, strict=True) if not in_vain]
    best = others[int(np.argmax(promise[~is_in_vain]))]
    assert quality(best) >= sorted(map(quality, others))[-len(others) // 10]


def test_one_failure_by_chance_rules_out_nothing_like_it():
    tried, candidates = members(60, seed=0), members(200, seed=1)
    values = np.array([quality(member) for member in tried])
    failed = np.zeros(60)
    failed[int(np.argmax(values))] = 1.0
    ended = [member for member, is_failure in zip(tried, failed, strict=True) if not is_failure]
    known = values[failed == 0]
    with_it, without = (
        GP(LAYERED).promise(candidates, Evidence(ended, known, [], hindrances=hindrances), seed=0)
        for hindrances in ([Hindrance("failure", tried, failed, is_by_chance=True)], [])
    )
    ten_best = set(np.argsort(-with_it)[:10]) & set(np.argsort(-without)[:10])
    assert len(ten_best) >= 7


def test_while_nothing_keeps_a_constraint_what_is_nearest_to_it_is_promising():
    ended, candidates = [m for m in members(80, seed=0) if m["num_layers"] > 1], members(100, seed=1)
    margins = np.array([[1.0 - member["num_layers"]] for member in ended])
    evidence = Evidence(ended, margins[:, 0], [], by_objective=np.zeros((len(ended), 1)), margins=margins)
    promise = GP(LAYERED).promise(candidates, evidence, seed=0)
    layers = np.array([member["num_layers"] for member in candidates])
    assert promise[layers == 2].mean() > promise[layers == 3].mean()


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


@pytest.mark.parametrize("plain_share", [0.0, 1.0])
def test_of_a_front_the_quicker_members_are_tried_while_time_is_left(plain_share):
    surrogate, ended, candidates = GP(LAYERED, plain_share=plain_share), members(60, seed=0), members(100, seed=1)
    by_objective = np.array([[quality(member), float(member["residual"])] for member in ended])
    epoch_seconds = np.array([10.0 if member["num_layers"] == 3 else 1.0 for member in ended])
    slow = np.array([member["num_layers"] == 3 for member in candidates])

    def share_of_the_slow(time_left):
        evidence = Evidence(
            ended, by_objective[:, 0], [], by_objective=by_objective, epoch_seconds=epoch_seconds, time_left=time_left
        )
        promise = surrogate.promise(candidates, evidence, seed=0)
        return promise[slow].sum() / promise.sum()

    early, late, without = (share_of_the_slow(time_left) for time_left in (1.0, 0.2, None))
    assert early < late < without


def test_in_how_many_ways_a_network_is_written_matters_to_one_objective_and_not_to_a_front():
    """Neither candidate has an option in common with any trial; as written, both are as far from all of them."""
    nodes = ("one", "two", "three")

    def rotations(member):
        return [dict(zip(nodes, np.roll(list(member.values()), by).tolist(), strict=True)) for by in range(3)]

    options = tuple(range(6))
    space = SearchSpace(tuple(Decision(node, options) for node in nodes), isomorphism=rotations)
    surrogate = GP(space, plain_share=1.0)
    ended = [dict.fromkeys(nodes, option) for option in (0, 1)]
    in_one_way, in_three_ways = dict.fromkeys(nodes, 2), dict(zip(nodes, (3, 4, 5), strict=True))
    values = np.array([1.0, 2.0])
    both = np.array([[1.0, 2.0], [2.0, 1.0]])

    def promises(evidence):
        one, three = surrogate.promise([in_one_way, in_three_ways], evidence, seed=0)
        return one, three

    one, three = promises(Evidence(ended, values, []))
    assert one > three
    one, three = promises(Evidence(ended, values, [], by_objective=values[:, None]))
    assert one > three
    one, three = promises(Evidence(ended, values, [], by_objective=both))
    assert one == three


def test_seconds_that_say_nothing_change_nothing():
    ended, candidates = members(30, seed=0), members(20, seed=1)
    values = np.array([quality(member) for member in ended])
    without = promise(GP(LAYERED), candidates, ended)
    told = np.array([1.0 + member["num_layers"] for member in ended])
    for seconds, time_left in ((np.full(30, 2.0), 1.0), (np.full(30, np.nan), 1.0), (told, 0.0), (told, None)):
        evidence = Evidence(ended, values, [], epoch_seconds=seconds, time_left=time_left)
        assert (GP(LAYERED).promise(candidates, evidence, seed=0) == without).all()


def test_after_a_failure_the_kernel_is_that_of_who_is_left():
    """Another trial takes its place with the same rank; a search that was resumed then would not know of it."""
    known, candidates = members(8, seed=0), members(50, seed=1)
    values = np.array([0.0, 3, 1, 2, 4])
    live, resumed = (GP(LAYERED, plain_share=0) for _ in range(2))
    live.promise(candidates, Evidence(known[:5], values, []), seed=0)
    later = Evidence([*known[:4], known[5]], values, [])
    assert (live.promise(candidates, later, seed=0) == resumed.promise(candidates, later, seed=0)).all()

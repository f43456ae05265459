import math
import statistics

import numpy as np
import pytest

from gnas_ray.controllers import PPO, Episode, Uniform
from gnas_ray.controllers.episodes import rank_advantages
from gnas_ray.core import Failure, Proposal
from tests.controllers.driving import drive, teach
from tests.controllers.spaces import BANDIT, LAYERED, quality


def episode(number, architecture, reward, *, log_prob=None, failure=None):
    return Episode(number, Proposal(architecture, "policy", log_prob), reward, failure)


def arm(controller, name):
    return controller.probabilities()["arm"][name]


@pytest.mark.parametrize("seed", range(5))
def test_the_policy_alone_solves_a_three_armed_bandit(seed):
    controller = PPO(BANDIT, seed=seed)
    noise = np.random.default_rng(seed)
    means = {"a": 0.0, "b": 1.0, "c": 0.3}
    drive(controller, lambda a: means[a["arm"]] + noise.normal(0, 0.5), num_trials=150, seed=seed)
    assert arm(controller, "b") > 0.85


def test_beats_uniform_on_a_conditional_objective_at_equal_budget():
    """Best of 100 trials, 8 at once, over 20 seeds; the best member has 3.5."""
    best = {PPO: [], Uniform: []}
    for make, values in best.items():
        for seed in range(20):
            proposals = drive(make(LAYERED, seed=seed), quality, num_trials=100, seed=seed).proposals
            values.append(max(quality(proposal.architecture) for proposal in proposals))
    difference = [a - b for a, b in zip(best[PPO], best[Uniform], strict=True)]
    error = statistics.stdev(difference) / math.sqrt(20)
    assert statistics.mean(difference) > 3 * error
    assert statistics.mean(best[PPO]) > statistics.mean(best[Uniform]) + 0.15


def test_advantages_are_ranks_whatever_the_rewards_scale():
    known = np.array([0.1, 0.2, 0.2, 900.0])
    # middles of the quantiles: 1/8, 4/8, 4/8, 7/8; 2q - 1, and times sqrt(3)
    assert rank_advantages(known, known) == pytest.approx(np.array([-0.75, 0, 0, 0.75]) * math.sqrt(3))


def test_advantages_of_many_different_rewards_are_standardised():
    known = np.exp(np.arange(500.0))
    advantages = rank_advantages(known, known)
    assert advantages.mean() == pytest.approx(0, abs=1e-9)
    assert advantages.std() == pytest.approx(1, abs=1e-4)


def good_and_bad(*, good_log_prob, bad_log_prob, failure=None):
    uniform = math.log(1 / 3 / 200)
    return [
        episode(0, {"arm": "a", "irrelevant": 0}, 1.0, log_prob=uniform + good_log_prob),
        episode(
            1, {"arm": "b", "irrelevant": 1}, None if failure else 0.0, log_prob=uniform + bad_log_prob, failure=failure
        ),
    ]


def without_priority():
    return PPO(BANDIT, seed=0, priority=0.0, entropy=0.0, conditional=False)


def test_a_better_arm_becomes_likelier_and_a_worse_one_less():
    controller = without_priority()
    teach(controller, good_and_bad(good_log_prob=0, bad_log_prob=0))
    assert arm(controller, "a") > arm(controller, "c") > arm(controller, "b")


def test_a_late_outcome_has_no_gradient_where_the_policy_has_moved_that_way_already():
    """It was sampled when its arm was half as likely as now: the ratio 2 is beyond 1 + clip."""
    controller = without_priority()
    teach(controller, good_and_bad(good_log_prob=-math.log(2), bad_log_prob=math.log(2)))
    assert [arm(controller, name) for name in "abc"] == pytest.approx([1 / 3] * 3)


def test_a_late_outcome_counts_where_the_policy_has_moved_the_other_way():
    controller = without_priority()
    teach(controller, good_and_bad(good_log_prob=math.log(2), bad_log_prob=-math.log(2)))
    assert arm(controller, "a") > arm(controller, "c") > arm(controller, "b")


def test_a_failure_does_not_make_its_options_less_likely_in_the_policy():
    """It has no reward: alone it teaches the policy nothing."""
    controller = PPO(BANDIT, seed=0)
    _, failed = good_and_bad(good_log_prob=0, bad_log_prob=0, failure=Failure.OUT_OF_MEMORY)
    teach(controller, [failed])
    assert [arm(controller, name) for name in "abc"] == pytest.approx([1 / 3] * 3)
    assert controller.policy_version == 1


def test_the_best_of_all_are_imitated_whoever_proposed_them():
    controller = PPO(BANDIT, seed=0, entropy=0.0)
    prior = [episode(number, {"arm": "c", "irrelevant": number}, number / 10) for number in range(10)]
    teach(controller, prior)
    assert arm(controller, "c") > 1 / 3
    chances = controller.probabilities()["irrelevant"]
    assert max(chances, key=chances.get) == 9  # a tenth of ten: only the best


@pytest.mark.parametrize(
    "bad",
    [
        *[{name: 0} for name in ("rollout_size", "epochs", "clip", "queue_size", "learning_rate")],
        *[{name: -0.1} for name in ("entropy", "priority")],
    ],
)
def test_parameters_without_a_meaning_are_refused_by_name(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        PPO(BANDIT, seed=0, **bad)


def test_entropy_falls_as_it_learns():
    controller = PPO(LAYERED, seed=0)
    before = controller.entropy()
    drive(controller, quality, num_trials=150)
    assert controller.entropy() < before - 0.1


def test_no_more_are_imitated_than_the_queue_holds():
    """The best tenth of these twenty would be two."""
    controller = PPO(BANDIT, seed=0, entropy=0.0, queue_size=1)
    teach(controller, [episode(n, {"arm": "c", "irrelevant": n}, n / 20) for n in range(20)])
    chances = controller.probabilities()["irrelevant"]
    assert chances[19] > chances[18] == pytest.approx(chances[0])


def test_entropy_holds_the_policy_back():
    chances = []
    for entropy in (0.0, 50.0):
        controller = PPO(BANDIT, seed=0, priority=0.0, entropy=entropy, conditional=False)
        teach(controller, good_and_bad(good_log_prob=0, bad_log_prob=0))
        chances.append(arm(controller, "a"))
    assert chances[0] > chances[1]

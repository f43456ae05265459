import math

import pytest

from gnas_ray.controllers import Episode, Reinforce
from gnas_ray.core import Failure, Proposal
from tests.controllers.comparing import median_best, uniform
from tests.controllers.driving import teach
from tests.controllers.spaces import BANDIT, LAYERED

UNIFORM = math.log(1 / 600)


def episode(number, name, reward, *, log_prob=UNIFORM, failure=None):
    return Episode(number, Proposal({"arm": name, "irrelevant": number}, "policy", log_prob), reward, failure)


def arms(controller):
    return [controller.probabilities()["arm"][name] for name in "abc"]


def make(**parameters):
    return Reinforce(BANDIT, seed=0, entropy=0.0, conditional=False, **parameters)


def test_finds_better_members_than_uniform():
    reinforce = median_best(lambda seed: Reinforce(LAYERED, seed=seed), num_trials=100)
    assert reinforce > median_best(uniform, num_trials=100) + 0.2


def test_what_beats_the_baseline_becomes_likelier_and_what_does_not_less():
    controller = make()
    teach(controller, [episode(0, "a", 0.9), episode(1, "b", 0.1)])
    a, b, c = arms(controller)
    assert a > c > b


def test_the_first_rollout_is_its_own_baseline_so_one_episode_alone_teaches_nothing():
    controller = make()
    teach(controller, [episode(0, "a", 0.9)])
    assert arms(controller) == pytest.approx([1 / 3] * 3)
    assert controller.policy_version == 1


def test_the_baseline_keeps_the_share_that_decays_slowly():
    """Rewards by hand: the middle of the rank, 0..1, to -1..1 and times sqrt(3); 0 for one alone."""
    one, two, three = (episode(number, "a", reward) for number, reward in enumerate((0.1, 0.2, 0.3)))
    controller = make(baseline_decay=0.75)
    baselines = []
    for rollout, past in (([one], []), ([two], [one]), ([three], [one, two])):
        teach(controller, rollout, past)
        baselines.append(controller._baseline)
    # the best of two: 2 * 3/4 - 1 = 1/2; of three: 2 * 5/6 - 1 = 2/3
    second = math.sqrt(3) / 2 * 0.25
    assert baselines == pytest.approx([0.0, second, 0.75 * second + 0.25 * math.sqrt(3) * 2 / 3])


def test_the_same_reward_counts_less_once_the_baseline_has_risen():
    """The last of four episodes: 5/8 up, so 1/4 times sqrt(3); the baseline before it is 2/3 times sqrt(3)."""
    chances = []
    for decay in (0.0, 0.999):
        controller = make(baseline_decay=decay)
        a, b, c = (episode(number, "c", reward) for number, reward in enumerate((0.1, 0.2, 0.9)))
        for rollout, past in (([a], []), ([b], [a]), ([c], [a, b])):
            teach(controller, rollout, past)
        before = arms(controller)[0]
        teach(controller, [episode(3, "a", 0.5)], [a, b, c])
        chances.append(arms(controller)[0] - before)
    assert chances[0] < chances[1]


def test_what_the_policy_did_not_sample_and_what_failed_teach_it_nothing():
    controller = make()
    failed = episode(2, "b", None, failure=Failure.OUT_OF_MEMORY)
    teach(controller, [episode(0, "a", 0.9, log_prob=None), episode(1, "b", 0.1, log_prob=None), failed])
    assert arms(controller) == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize(
    "bad",
    [{"rollout_size": 0}, {"learning_rate": 0}, {"entropy": -0.1}, {"baseline_decay": 1.0}, {"baseline_decay": -0.1}],
)
def test_parameters_without_a_meaning_are_refused_by_name(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        Reinforce(BANDIT, seed=0, **bad)

import random

import numpy as np
import pytest

from gnas_ray.controllers import GP, Episode
from gnas_ray.core import Proposal
from tests.controllers.comparing import median_best, uniform
from tests.controllers.driving import drive, teach
from tests.controllers.spaces import BANDIT, LAYERED, quality

GOOD, BAD = "b", "ac"


def bandit_history(number=30):
    """Arm b is always better than the others, whatever is irrelevant."""
    generator = random.Random(0)
    members = [BANDIT.sample_architecture(generator) for _ in range(number)]
    return [Episode(i, Proposal(m, "uniform"), 0.9 if m["arm"] == GOOD else 0.1) for i, m in enumerate(members)]


def taught(history, **parameters):
    controller = GP(BANDIT, seed=0, **parameters)
    for number, episode in enumerate(history):
        teach(controller, [episode], history[:number])
    return controller


def test_finds_better_members_than_uniform():
    gp = median_best(lambda seed: GP(LAYERED, seed=seed), num_trials=60)
    assert gp > median_best(uniform, num_trials=60) + 0.3


def test_uniform_until_enough_architectures_have_a_reward():
    history = bandit_history()
    same = [Episode(i, history[0].proposal, history[0].reward) for i in range(10)]
    assert taught(history[:9]).propose().origin == "uniform"
    assert taught(same).propose().origin == "uniform"  # one architecture, ten times
    assert taught(history[:10]).propose().origin == "surrogate"


def test_proposes_what_is_like_the_good_ones():
    controller = taught(bandit_history())
    generator = random.Random(1)
    assert {controller.sample(generator).architecture["arm"] for _ in range(30)} == {GOOD}


def test_is_curious_where_exploration_is_all():
    """Where arm b is well known, the bound of the others, hardly tried, is higher."""
    members = [{"arm": GOOD, "irrelevant": i} for i in range(30)] + [{"arm": "a", "irrelevant": 50}]
    history = [Episode(i, Proposal(m, "uniform"), 0.5 - 0.01 * (m["arm"] == "a")) for i, m in enumerate(members)]
    generator = random.Random(1)
    arms = [
        [taught(history, exploration=exploration).sample(generator).architecture["arm"] for _ in range(10)]
        for exploration in (0.0, 1000.0)
    ]
    assert GOOD in arms[0]
    assert GOOD not in arms[1]


def test_a_process_asked_for_late_is_the_one_asked_for_at_once():
    """Kernel parameters are fitted to what an update left, not to what is known when they are first needed."""
    eager, lazy = GP(LAYERED, seed=0), GP(LAYERED, seed=0)
    history = drive(GP(LAYERED, seed=0), quality, num_trials=60).history
    for method, arguments in history:
        eager.propose()
        getattr(eager, method)(*arguments)
        getattr(lazy, method)(*arguments)
    candidates = [LAYERED.sample_architecture(random.Random(i)) for i in range(20)]
    means = [c._posterior().predict(c._points(candidates))[0] for c in (eager, lazy)]
    assert np.array_equal(means[0], means[1])
    assert means[0].std() > 0.1


@pytest.mark.parametrize("bad", [{"num_startup_trials": 1}, {"num_candidates": 0}, {"exploration": -1.0}])
def test_parameters_without_a_meaning_are_refused_by_name(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        GP(LAYERED, seed=0, **bad)

import math

import pytest

from gnas_ray.controllers import Episode, QLearning
from gnas_ray.core import Failure, Proposal
from gnas_ray.space import Decision, SearchSpace
from tests.controllers.comparing import median_best, uniform
from tests.controllers.driving import teach
from tests.controllers.spaces import LAYERED

TWO = SearchSpace((Decision("first", ("a", "b")), Decision("second", ("x", "y"))))


def episode(number, first, second, reward, failure=None):
    return Episode(number, Proposal({"first": first, "second": second}, "policy", -1.0), reward, failure)


def make(**parameters):
    return QLearning(TWO, seed=0, **{"num_exploring_trials": 0, "num_replays": 0, **parameters})


def test_finds_better_members_than_uniform():
    q_learning = median_best(lambda seed: QLearning(LAYERED, seed=seed), num_trials=100)
    assert q_learning > median_best(uniform, num_trials=100) + 0.2


def test_epsilon_falls_in_a_straight_line_with_the_number_of_ended_trials():
    """From 1 to 0.2 over 4 trials; failed ones count, and teach nothing, so greedy is told apart by one good trial."""
    controller = make(num_exploring_trials=4, epsilon=0.2)
    assert controller.probabilities()["first"] == pytest.approx({"a": 0.5, "b": 0.5})
    history = [episode(0, "a", "x", 1.0), episode(1, "b", "y", 0.0)]
    history += [episode(number, "a", "x", None, Failure.NAN) for number in range(2, 6)]
    teach(controller, history[:2])
    chances = [controller.probabilities()["first"]["b"]]
    for number in range(2, 6):
        teach(controller, [history[number]], history[:number])
        chances.append(controller.probabilities()["first"]["b"])
    # epsilon / 2 after 2, 3, 4, 5 and 6 trials
    assert chances == pytest.approx([0.3, 0.2, 0.1, 0.1, 0.1])


def test_log_probabilities_are_the_epsilon_greedy_chances_of_what_was_sampled():
    controller = make(epsilon=0.2)
    teach(controller, [episode(0, "a", "x", 1.0), episode(1, "b", "y", 0.0)])
    chances = {"a": 0.9, "b": 0.1, "x": 0.9, "y": 0.1}
    candidates = controller.candidates(1000)
    assert len(candidates) == 4
    for candidate in candidates:
        first, second = candidate.architecture.values()
        assert math.exp(candidate.log_prob) == pytest.approx(chances[first] * chances[second])


def test_an_option_is_worth_what_the_best_that_may_follow_is_worth():
    """After b come the best and the two worst ends, so their mean is below that of a's only end."""
    space = SearchSpace((TWO.decisions[0], Decision("second", ("x", "y", "z"))))
    history = [
        *[episode(0, "b", "x", 1.0), episode(1, "b", "y", 0.0), episode(2, "b", "z", 0.1)],
        episode(3, "a", "x", 0.7),
    ]
    controller = QLearning(space, seed=0, epsilon=0.0, learning_rate=0.2, num_exploring_trials=0, num_replays=300)
    teach(controller, history)
    assert controller.probabilities()["first"] == pytest.approx({"a": 0.0, "b": 1.0})
    assert controller.propose().architecture == {"first": "b", "second": "x"}


def test_one_step_of_the_reward_reaches_the_first_decision_at_once():
    """Two episodes, learning rate 1/2, ranks 1/2 and -1/2 times sqrt(3); values by hand."""
    controller = make(epsilon=0.0, learning_rate=0.5)
    teach(controller, [episode(0, "a", "x", 1.0), episode(1, "b", "y", 0.0)])
    high = math.sqrt(3) / 2
    # a, x: half of the way, shared by the bias of x and its weight after a; then a half of the way to that best.
    assert controller._value("second", "x", [("first", "a")]) == pytest.approx(high / 2)
    assert controller._value("second", "x", [("first", "b")]) == pytest.approx(high / 4)
    assert controller._value("first", "a", []) == pytest.approx(high / 4)
    # b, y: what follows b may be x, which is worth the quarter; so b is worth half of that, not less than nothing.
    assert controller._value("second", "y", [("first", "b")]) == pytest.approx(-high / 2)
    assert controller._value("first", "b", []) == pytest.approx(high / 8)


def test_replays_make_more_of_the_same_episodes():
    values = []
    for num_replays in (0, 20):
        controller = make(learning_rate=0.1, num_replays=num_replays)
        teach(controller, [episode(0, "a", "x", 1.0), episode(1, "b", "y", 0.0)])
        values.append(controller._value("second", "x", [("first", "a")]))
    assert values[1] > 2 * values[0] > 0


@pytest.mark.parametrize(
    "bad",
    [
        *[{"learning_rate": 0.0}, {"learning_rate": 1.1}, {"epsilon": -0.1}, {"epsilon": 1.1}],
        *[{"num_exploring_trials": -1}, {"num_replays": -1}],
    ],
)
def test_parameters_without_a_meaning_are_refused_by_name(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        make(**bad)

"""What every registered controller must do."""

import inspect
import math
from functools import partial

import pytest

from gnas_ray.controllers import CONTROLLERS, Controller
from gnas_ray.space import SearchSpace
from tests.controllers.driving import INFEASIBLE, LOST, drive, replay
from tests.controllers.spaces import BRANCHES, LAYERED, NO_DECISIONS, ONE, TINY, TUNED, quality

MAKERS = {**CONTROLLERS, "ppo unconditional": partial(CONTROLLERS["ppo"], conditional=False)}
CONTROLLER = pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in MAKERS.items()])


def with_every_ending(architecture):
    """Trials that are lost, infeasible, out of memory, or good as their architecture is."""
    by_layers = {0: LOST, 1: INFEASIBLE, 2: quality(architecture)}
    return None if architecture["residual"] else by_layers.get(architecture["num_layers"], quality(architecture))


def test_there_are_controllers():
    assert {"ppo", "evolution", "uniform"} <= CONTROLLERS.keys()
    assert all(issubclass(cls, Controller) for cls in CONTROLLERS.values())


@CONTROLLER
def test_proposals_are_canonical_members_under_conditions_and_repeats(make):
    proposals = drive(make(LAYERED, seed=0), quality, num_trials=150).proposals
    assert len(proposals) == 150
    for proposal in proposals:
        assert LAYERED.check(proposal.architecture) == []
        assert list(proposal.architecture.items()) == list(LAYERED.canonical(proposal.architecture).items())


@CONTROLLER
@pytest.mark.parametrize("value_of", [quality, lambda _: 0.5, lambda _: None], ids=["good", "flat", "all fail"])
def test_no_member_comes_twice_and_every_member_comes(make, value_of):
    """Over the whole space, whatever it learned meanwhile."""
    small = SearchSpace(LAYERED.decisions[:5])  # (1 + 1 + 2) * (1 + 3 * 5) = 64
    proposals = drive(make(small, seed=1), value_of, num_trials=1000).proposals
    assert len({small.key(proposal.architecture) for proposal in proposals}) == len(proposals) == 64


@CONTROLLER
def test_no_network_comes_twice_and_every_network_comes(make):
    """Where the space knows which members are the same network."""
    controller = make(BRANCHES, seed=0)
    proposals = drive(controller, lambda branches: 0.1 * (branches["left"] == "gat"), num_trials=50).proposals
    networks = {tuple(sorted(proposal.architecture.values())) for proposal in proposals}
    assert len(networks) == len(proposals) == 10
    assert controller.propose() is None


@CONTROLLER
@pytest.mark.parametrize(("space", "size"), [(TINY, 3), (ONE, 1), (NO_DECISIONS, 1)])
def test_says_when_a_finite_space_is_exhausted(make, space, size):
    controller = make(space, seed=0)
    assert len(drive(controller, lambda _: 0.1, num_trials=10, num_workers=1).proposals) == size
    assert controller.propose() is None


@CONTROLLER
def test_of_many_candidates_the_first_is_what_it_would_propose(make):
    controller = make(TINY, seed=0)  # three members, so that samples are equal
    candidates = controller.candidates(20)
    assert candidates[0] == controller.propose()
    assert len({candidate.architecture["operator"] for candidate in candidates}) == len(candidates)


@CONTROLLER
def test_with_hyperparameters_to_vary_members_come_again_only_after_all_have_come(make):
    proposals = drive(make(TUNED, seed=0), lambda _: 0.1, num_trials=9).proposals
    operators = [proposal.architecture["operator"] for proposal in proposals]
    assert [set(operators[start : start + 3]) for start in (0, 3, 6)] == [{"gcn", "gat", "gin"}] * 3


@CONTROLLER
def test_a_member_begun_by_somebody_else_is_not_proposed(make):
    controller = make(TINY, seed=0)
    first = controller.propose()
    other = make(TINY, seed=0)
    other.accept(first)
    assert other.propose().architecture != first.architecture


@CONTROLLER
def test_proposing_changes_nothing(make):
    controller = make(LAYERED, seed=3)
    drive(controller, quality, num_trials=60)
    assert [repr(controller.propose()) for _ in range(3)] == [repr(controller.propose())] * 3


@CONTROLLER
def test_same_seed_same_proposals_and_another_seed_others(make):
    runs = [drive(make(LAYERED, seed=seed), quality, num_trials=80).proposals for seed in (5, 5, 6)]
    assert repr(runs[0]) == repr(runs[1])
    assert repr(runs[0]) != repr(runs[2])


@CONTROLLER
def test_replaying_its_history_restores_it(make):
    controller = make(LAYERED, seed=7)
    history = drive(controller, with_every_ending, num_trials=80).history
    restored = replay(make(LAYERED, seed=7), history)
    assert restored.policy_version == controller.policy_version > 0
    assert restored.probabilities() == controller.probabilities()
    continued = [drive(c, with_every_ending, num_trials=40, seed=1).proposals for c in (controller, restored)]
    assert repr(continued[0]) == repr(continued[1])


@CONTROLLER
def test_log_probabilities_are_those_of_a_probability(make):
    for proposal in drive(make(LAYERED, seed=0), quality, num_trials=60).proposals:
        assert proposal.origin
        assert proposal.log_prob is None or -50 < proposal.log_prob <= 0


@CONTROLLER
def test_probabilities_sum_to_one_over_each_decisions_options(make):
    controller = make(LAYERED, seed=0)
    drive(controller, quality, num_trials=60)
    probabilities = controller.probabilities()
    options = {decision.name: set(decision.options) for decision in LAYERED.decisions}
    for name, chances in probabilities.items():
        assert chances.keys() == options[name]
        assert sum(chances.values()) == pytest.approx(1)
    assert math.isnan(controller.entropy()) == (not probabilities)


@CONTROLLER
def test_an_option_that_always_fails_is_tried_less_than_its_share_by_those_who_learn(make):
    controller = make(LAYERED, seed=0)
    proposals = drive(controller, lambda a: None if a["features"] == "text" else 1.0, num_trials=150).proposals
    share = sum(proposal.architecture["features"] == "text" for proposal in proposals[50:]) / 100
    assert share < 0.15 if controller.avoids_failures else 0.2 < share < 0.5


@CONTROLLER
def test_what_would_break_a_limit_is_avoided_like_what_fails_and_a_lost_worker_says_nothing(make):
    for ending, is_avoided in ((INFEASIBLE, True), (LOST, False)):
        controller = make(LAYERED, seed=0)
        drive(controller, lambda a, ending=ending: ending if a["features"] == "text" else 1.0, num_trials=100)
        text, other = ({"features": features} for features in ("text", "id"))
        assert (controller.feasibility(text) < 0.5) == is_avoided and controller.feasibility(other) == 1.0


@CONTROLLER
def test_constructor_parameters_bind_to_yaml_keys(make):
    space, *others = inspect.signature(make).parameters.values()
    assert (space.name, others[0].name) == ("space", "seed")
    assert all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in others)
    assert all(parameter.default is not inspect.Parameter.empty for parameter in others[1:])

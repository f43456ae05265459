from collections import Counter

from gnas_ray.controllers import Grid
from gnas_ray.core import Proposal
from gnas_ray.space import Conditions, Decision, Float, SearchSpace
from tests.controllers.spaces import LAYERED

FLAT = (Decision("first", ("a", "b")), Decision("second", (1, 2, 3)))
DEEPER = Decision("deeper", (10, 20, 30), Conditions.of({"first": "b"}))


def visited(controller, number):
    members = []
    for _ in range(number):
        proposal = controller.propose()
        controller.accept(proposal)
        members.append(tuple(proposal.architecture.values()))
    return members


def test_counts_with_the_first_decision_fastest():
    controller = Grid(SearchSpace(FLAT), seed=0, shuffle=False)
    assert visited(controller, 6) == [("a", 1), ("b", 1), ("a", 2), ("b", 2), ("a", 3), ("b", 3)]
    assert controller.propose() is None


def test_an_option_that_has_run_out_of_members_is_left_out():
    controller = Grid(SearchSpace((FLAT[0], DEEPER)), seed=0, shuffle=False)
    assert visited(controller, 4) == [("a",), ("b", 10), ("b", 20), ("b", 30)]


def test_begins_again_where_there_are_hyperparameters_to_vary():
    space = SearchSpace(FLAT, (Float("learning_rate", 0.001, 0.1),))
    members = visited(Grid(space, seed=0, shuffle=False), 14)
    assert members[6:] == [*members[:6], *members[:2]]


def test_goes_on_where_somebody_else_has_been():
    controller = Grid(SearchSpace(FLAT), seed=0, shuffle=False)
    controller.accept(Proposal({"first": "b", "second": 1}, "prior"))
    assert visited(controller, 3) == [("a", 1), ("a", 2), ("b", 2)]


def test_the_start_of_a_large_grid_has_the_options_of_the_first_decisions_alike():
    members = visited(Grid(LAYERED, seed=3), 60)
    assert sorted(Counter(member[0] for member in members).values()) == [20, 20, 20]


def test_the_seed_shuffles_options_not_decisions():
    orders = {tuple(visited(Grid(SearchSpace(FLAT), seed=seed), 6)) for seed in range(100)}
    assert len(orders) == 2 * 6  # every order of either decision's options
    for order in orders:
        assert [member[1] for member in order[::2]] == [member[1] for member in order[1::2]]

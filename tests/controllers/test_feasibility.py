import pytest

from gnas_ray.controllers import Episode, Uniform
from gnas_ray.controllers.feasibility import Feasibility
from gnas_ray.core import Failure, Proposal
from gnas_ray.space import Decision, Float, SearchSpace
from tests.controllers.driving import teach


def test_nothing_is_doubted_before_the_first_failure():
    feasibility = Feasibility(SearchSpace(()))
    feasibility.record({"operator": "gat"}, failed=False)
    assert feasibility.probability({"operator": "gin"}) == 1.0


def test_the_least_feasible_option_decides():
    feasibility = Feasibility(SearchSpace(()))
    for _ in range(2):
        feasibility.record({"operator": "gat", "num_layers": 3}, failed=True)
    for _ in range(8):
        feasibility.record({"operator": "gat", "num_layers": 1}, failed=False)
    # With two successes to begin with: gat 10 of 12, 3 layers 2 of 4, 1 layer 10 of 10.
    assert feasibility.probability({"operator": "gat", "num_layers": 1}) == pytest.approx(10 / 12)
    assert feasibility.probability({"operator": "gat", "num_layers": 3}) == pytest.approx(1 / 2)
    assert feasibility.probability({"operator": "gcn", "num_layers": 1}) == 1.0


def test_a_lost_worker_says_nothing_about_what_it_trained():
    gat, gin = {"operator": "gat"}, {"operator": "gin"}
    controller = Uniform(SearchSpace((Decision("operator", ("gat", "gin")),)), seed=0)
    lost = Episode(0, Proposal(gat, "uniform"), None, Failure.WORKER_LOST)
    teach(controller, [lost, Episode(1, Proposal(gin, "uniform"), None, Failure.OUT_OF_MEMORY)])
    assert controller.feasibility(gat) == 1.0 > controller.feasibility(gin)


def test_nothing_is_ruled_out_for_good():
    feasibility = Feasibility(SearchSpace(()))
    for _ in range(1000):
        feasibility.record({"operator": "gat"}, failed=True)
    assert feasibility.probability({"operator": "gat"}) == pytest.approx(0.05)


def test_a_number_counts_as_a_part_of_its_range():
    feasibility = Feasibility(SearchSpace((), (Float("learning_rate", 1e-4, 1e-0, log=True),)))
    for rate in (0.3, 0.5, 1.0):
        feasibility.record({"learning_rate": rate}, failed=True)
    feasibility.record({"learning_rate": 0.05}, failed=False)
    assert feasibility.probability({"learning_rate": 0.2}) == pytest.approx(2 / 5)
    assert feasibility.probability({"learning_rate": 0.09}) == 1.0

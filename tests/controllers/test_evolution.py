import random

import pytest

from gnas_ray.controllers import Episode, Evolution
from gnas_ray.controllers.evolution import mutate
from gnas_ray.core import Failure, Proposal
from tests.controllers.driving import teach
from tests.controllers.spaces import LAYERED, ONE

FLAT = {"features": "id", "num_layers": 0, "residual": False}
DEEP = {"features": "both", "fusion": "sum", "num_layers": 1, "layer.0.operator": "gcn", "residual": True}


def episodes(rewards, *, first=0):
    """One per reward, told apart by a fourth decision's value; None fails."""
    members = [FLAT, DEEP]
    return [
        Episode(
            first + i,
            Proposal(members[i % 2], "uniform"),
            reward,
            failure=Failure.NAN if reward is None else None,
        )
        for i, reward in enumerate(rewards)
    ]


def parents_of(controller, num_samples=200):
    """Which of the two members its proposals differ from by one mutation."""
    generator = random.Random(0)
    children = [controller.sample(generator) for _ in range(num_samples)]
    assert {child.origin for child in children} == {"mutation"}
    return [FLAT if sum(child.architecture.get(k) != v for k, v in FLAT.items()) <= 1 else DEEP for child in children]


def test_a_mutation_changes_one_decision_and_completes_what_that_activates():
    generator = random.Random(0)
    for _ in range(200):
        child = mutate(LAYERED, DEEP, generator)
        assert LAYERED.check(child) == []
        changed = [name for name in DEEP if name in child and child[name] != DEEP[name]]
        assert len(changed) == 1
        added = child.keys() - DEEP.keys()
        assert not added or changed[0] in ("num_layers", "layer.0.operator")


def test_a_member_without_alternatives_is_its_own_mutation():
    assert mutate(ONE, {"operator": "gcn"}, random.Random(0)) == {"operator": "gcn"}


def test_uniform_until_the_population_is_full_of_rewarded_trials():
    controller = Evolution(LAYERED, seed=0, population_size=4, tournament_size=2)
    teach(controller, episodes([0.1, 0.2, 0.3, None]))
    assert controller.propose().origin == "uniform"
    teach(controller, episodes([0.4], first=4), episodes([0.1, 0.2, 0.3, None]))
    assert controller.propose().origin == "mutation"


def test_the_best_of_the_tournament_is_the_parent():
    controller = Evolution(LAYERED, seed=0, population_size=4, tournament_size=4)
    teach(controller, episodes([0.9, 0.1, 0.3, 0.2]))
    assert all(parent == FLAT for parent in parents_of(controller))


def test_the_oldest_dies_however_good():
    controller = Evolution(LAYERED, seed=0, population_size=3, tournament_size=3)
    old, new = episodes([0.9]), episodes([0.1, 0.5, 0.2], first=1)  # 0.9 FLAT; then FLAT, DEEP, FLAT
    teach(controller, new, old)
    assert all(parent == DEEP for parent in parents_of(controller))


def test_a_tournament_larger_than_the_population_is_refused():
    with pytest.raises(ValueError, match=r"1..population_size=3, got 4"):
        Evolution(LAYERED, seed=0, population_size=3, tournament_size=4)

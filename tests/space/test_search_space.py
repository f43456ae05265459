import itertools
import json
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnas_ray.core import Problem
from gnas_ray.space import Categorical, Conditions, Decision, Float, Integer, SearchSpace
from tests.controllers.spaces import BRANCHES
from tests.space.strategies import spaces

SPACE = SearchSpace(
    decisions=(
        Decision("features", ("id", "text")),
        Decision("projection", ("none", "mlp"), Conditions.of({"features": "text"})),
        Decision("depth", (0, 1, 2)),
        Decision("layer.0.operator", ("gat", "gcn"), Conditions.of({"depth": [1, 2]})),
        Decision("layer.1.operator", ("gat", "gcn"), Conditions.of({"depth": [2]})),
    ),
    hyperparameters=(
        Float("rate", 1e-4, 1e-1, log=True),
        Categorical("optimiser", ("adam", "sgd")),
        Float("momentum", 0.0, 1.0, when=Conditions.of({"optimiser": "sgd"})),
        Integer("heads", 1, 8, when=Conditions.of({"layer.0.operator": "gat"})),
    ),
)
SHALLOW = {"features": "id", "depth": 0}
DEEP = {
    "features": "text",
    "projection": "mlp",
    "depth": 2,
    "layer.0.operator": "gat",
    "layer.1.operator": "gcn",
}


def brute_force(space):
    """Every architecture by trying every combination of options: the slow plain way."""
    keys = set()
    for options in itertools.product(*(d.options for d in space.decisions)):
        chosen = {}
        for decision, option in zip(space.decisions, options, strict=True):
            if all(n in chosen and chosen[n] in allowed for n, allowed in decision.when.allowed):
                chosen[decision.name] = option
        keys.add(json.dumps(chosen))
    return keys


def test_size_counts_conditions():
    # (1 for id + 2 for text) * (1 without layers + 2 with one + 4 with two)
    assert SPACE.num_architectures() == 3 * 7


@given(spaces())
def test_size_equals_brute_force_enumeration(space):
    assert space.num_architectures() == len(brute_force(space))


def test_size_of_a_space_too_large_to_list():
    flat = SearchSpace(tuple(Decision(f"d{i}", tuple(range(10))) for i in range(100)))
    assert flat.num_architectures() == 10**100


def test_counting_forgets_what_no_later_condition_asks():
    pairs = [
        (Decision(f"x{i}", (0, 1)), Decision(f"y{i}", ("a", "b", "c"), Conditions.of({f"x{i}": 1}))) for i in range(60)
    ]
    assert SearchSpace(tuple(decision for pair in pairs for decision in pair)).num_architectures() == 4**60


@given(spaces(), st.integers())
def test_every_sampled_member_passes_the_check(space, seed):
    generator = random.Random(seed)
    architecture = space.sample_architecture(generator)
    hyperparameters = space.sample_hyperparameters(architecture, generator)
    assert space.check(architecture, hyperparameters) == []
    assert space.contains(architecture)
    assert json.dumps(architecture) in brute_force(space)


@given(spaces(), st.integers())
def test_canonical_is_idempotent_and_forgets_inactive_decisions(space, seed):
    generator = random.Random(seed)
    everything = {d.name: d.sample(generator) for d in space.decisions}
    canonical = space.canonical(everything)
    assert space.canonical(canonical) == canonical
    assert space.check(canonical) == []
    assert space.key(everything) == space.key(canonical)


def test_sampling_reaches_every_member():
    generator = random.Random(0)
    seen = {SPACE.key(SPACE.sample_architecture(generator)) for _ in range(1000)}
    assert len(seen) == SPACE.num_architectures()


def test_sampling_is_uniform_over_the_options_of_a_decision():
    generator = random.Random(0)
    depths = Counter(SPACE.sample_architecture(generator)["depth"] for _ in range(3000))
    assert all(900 < depths[depth] < 1100 for depth in (0, 1, 2))  # standard deviation 26


def test_same_seed_samples_the_same_member():
    assert SPACE.sample_architecture(random.Random(7)) == SPACE.sample_architecture(random.Random(7))


def test_key_ignores_order_and_inactive_decisions_but_no_active_one():
    reordered = dict(reversed(DEEP.items()))
    assert SPACE.key(reordered) == SPACE.key(DEEP)
    assert SPACE.key({**SHALLOW, "layer.0.operator": "gat"}) == SPACE.key(SHALLOW)
    assert SPACE.key({**DEEP, "layer.1.operator": "gat"}) != SPACE.key(DEEP)


def test_isomorphs_are_all_members_that_are_the_same_network_itself_first():
    member = {"left": "gcn", "right": "gat", "dropout": 0.2}
    assert SearchSpace(BRANCHES.decisions).isomorphs(member) == [member]
    assert BRANCHES.isomorphs(member) == [member, {"left": "gat", "right": "gcn", "dropout": 0.2}]
    same = {"left": "gat", "right": "gat"}
    assert BRANCHES.isomorphs(same) == [same]
    assert BRANCHES.weighted({"left": {"gat": 3}}).isomorphs(same) == [same]
    assert len(BRANCHES.weighted({"left": {"gat": 3}}).isomorphs(member)) == 2


def test_canonical_writes_options_as_the_space_does():
    assert json.dumps(SPACE.canonical({"features": "id", "depth": 0.0})) == json.dumps(SHALLOW)


@pytest.mark.parametrize(
    ("architecture", "said"),
    [({"features": "id"}, "depth is missing"), ({**SHALLOW, "depth": False}, "depth is false")],
)
def test_canonical_refuses_what_is_no_member(architecture, said):
    with pytest.raises(ValueError, match=said):
        SPACE.canonical(architecture)


def test_check_names_every_problem_at_once():
    problems = SPACE.check(
        {"features": "txt", "depht": 1, "layer.0.operator": "gat"}, {"rate": 1.0, "optimiser": "adam", "momentum": 0}
    )
    assert problems == [
        Problem("depht", "unknown; did you mean 'depth'?"),
        Problem("features", "'txt'; did you mean 'text'?"),
        Problem("depth", "missing; wanted 0, 1, 2"),
        Problem("layer.0.operator", "not active here; only when depth is 1 or 2"),
        Problem("rate", "1; wanted 0.0001..0.1"),
        Problem("momentum", "not active here; only when optimiser is sgd"),
        Problem("heads", "missing; wanted 1 to 8"),
    ]


def test_hyperparameters_may_be_checked_in_part():
    assert SPACE.check(DEEP, {"momentum": 0.9}, partial_hyperparameters=True) == []
    assert SPACE.check(SHALLOW, {"heads": 2}, partial_hyperparameters=True) != []
    assert SPACE.check(DEEP, {"momentum": 0.9}) != []


def test_condition_on_another_hyperparameter_is_settled_in_order():
    assert [h.name for h in SPACE.active_hyperparameters(SHALLOW)] == ["rate", "optimiser", "momentum"]
    values = {"rate": 0.01, "optimiser": "adam", "heads": 4, "momentum": 0.5}
    assert SPACE.decide_hyperparameters(DEEP, lambda h: values[h.name]) == {
        "rate": 0.01,
        "optimiser": "adam",
        "heads": 4,
    }


def test_completing_keeps_what_is_active_and_samples_the_rest():
    completed = SPACE.complete({**DEEP, "features": "id", "depth": 1}, random.Random(0))
    assert completed == {"features": "id", "depth": 1, "layer.0.operator": "gat"}
    deeper = SPACE.complete({**completed, "depth": 2}, random.Random(0))
    assert deeper["layer.0.operator"] == "gat"
    assert SPACE.contains(deeper)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ({"layr": "gat"}, "unknown 'layr'"),
        ({"depth": [1, 3]}, "'depth' has no option 3; known: 0, 1, 2"),
        ({"depth": [True]}, "'depth' has no option true"),
        ({"late": "x"}, "not chosen before"),
    ],
)
def test_space_with_a_meaningless_condition_is_never_born(when, said):
    decisions = (
        Decision("depth", (0, 1, 2)),
        Decision("asks", ("x",), Conditions.of(when)),
        Decision("late", ("x",)),
    )
    with pytest.raises(ValueError, match=said):
        SearchSpace(decisions)


def test_names_are_unique_across_decisions_and_hyperparameters():
    with pytest.raises(ValueError, match="comes twice"):
        SearchSpace((Decision("depth", (1,)),), (Integer("depth", 1, 2),))


def test_condition_on_a_numeric_hyperparameter_is_refused():
    with pytest.raises(ValueError, match="numeric"):
        SearchSpace((), (Integer("n", 1, 2), Float("x", 0, 1, when=Conditions.of({"n": 1}))))


def test_weights_are_no_part_of_what_a_space_is():
    space = SearchSpace(
        (Decision("a", (1, 2)), Decision("b", (1, 2))), (Categorical("c", ("x", "y")), Float("d", 0, 1))
    )
    weighted = space.weighted({"a": {2: 3.0}, "c": {"y": 0.5}})
    assert [choice.weights for choice in (*weighted.decisions, weighted.hyperparameters[0])] == [(1, 3), (), (1, 0.5)]
    assert (weighted, repr(weighted)) == (space, repr(space))  # so a ledger takes them for the same
    assert weighted.is_weighted and not space.is_weighted and not weighted.weighted({}).is_weighted

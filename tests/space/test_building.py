import json
import random

import pytest
from pydantic import ValidationError

from gnas_ray.space import (
    Categorical,
    Conditions,
    Decision,
    Float,
    Integer,
    SearchSpaceOptions,
    SpaceRow,
    build_space,
    find_mistakes,
    space_rows,
)

PLAIN = {
    "decisions": {
        "features": ["id", "text"],
        "depth": {"options": [0, 2, 1]},
        "layer": {
            "times": "depth",
            "when": {"features": "id"},
            "decisions": {
                "operator": ["gat", "gcn"],
                "heads": {"options": [1, 4], "when": {"operator": "gat"}},
            },
        },
    },
    "hyperparameters": {
        "rate": {"type": "float", "low": 0.0001, "high": 0.1, "log": True},
        "width": [32, 64],
        "batch": {"type": "int", "low": 8, "high": 64, "step": 8, "when": {"width": 32}},
        "kind": {"options": ["x", "y"], "when": {"layer.0.heads": [4]}},
    },
}


def options(plain):
    return SearchSpaceOptions.model_validate(plain)


def with_decision(**decisions):
    return options({"decisions": {**PLAIN["decisions"], **decisions}})


def test_repeats_are_unrolled_to_the_longest_with_implicit_conditions():
    space = build_space(options(PLAIN))
    first = (("depth", (2, 1)), ("features", ("id",)))
    second = (("depth", (2,)), ("features", ("id",)))
    assert space.decisions == (
        Decision("features", ("id", "text")),
        Decision("depth", (0, 2, 1)),
        Decision("layer.0.operator", ("gat", "gcn"), Conditions(first)),
        Decision("layer.0.heads", (1, 4), Conditions((*first, ("layer.0.operator", ("gat",))))),
        Decision("layer.1.operator", ("gat", "gcn"), Conditions(second)),
        Decision("layer.1.heads", (1, 4), Conditions((*second, ("layer.1.operator", ("gat",))))),
    )
    # text: 3 depths, no layers; id: 1 + 3 + 3 * 3 with 0, 1, 2 layers of (gat 1, gat 4, gcn)
    assert space.num_architectures() == 3 + 13


def test_hyperparameters_come_in_all_kinds():
    assert build_space(options(PLAIN)).hyperparameters == (
        Float("rate", 0.0001, 0.1, log=True),
        Categorical("width", (32, 64)),
        Integer("batch", 8, 64, step=8, when=Conditions.of({"width": 32})),
        Categorical("kind", ("x", "y"), Conditions.of({"layer.0.heads": 4})),
    )


def test_fixed_number_of_repeats_needs_no_condition():
    space = build_space(options({"decisions": {"layer": {"times": 2, "decisions": {"op": ["a", "b"]}}}}))
    assert space.decisions == (Decision("layer.0.op", ("a", "b")), Decision("layer.1.op", ("a", "b")))


def test_true_and_1_stay_apart():
    space = build_space(options({"decisions": {"residual": [False, True], "cap": [0, 1], "x": [0.5, "1"]}}))
    assert json.dumps([d.options for d in space.decisions]) == '[[false, true], [0, 1], [0.5, "1"]]'


def test_options_survive_a_round_trip_through_json():
    first = options(PLAIN)
    again = SearchSpaceOptions.model_validate_json(first.model_dump_json())
    assert again == first
    assert build_space(again) == build_space(first)


@pytest.mark.parametrize(
    ("entry", "path", "said"),
    [
        ([], (), "'bad' has no options"),
        (["a", "b", "a"], (), "'bad' lists 'a' twice"),
        ([1, True], (), "'bad' lists true twice"),
        ({"options": ["a"], "when": {"depht": 1}}, ("when", "depht"), "unknown 'depht'; did you mean 'depth'"),
        ({"options": ["a"], "when": {"features": "txt"}}, ("when", "features"), "no option 'txt'; did you mean"),
        ({"options": ["a"], "when": {"features": []}}, ("when", "features"), "lists no option"),
        ({"options": ["a"], "when": {"bad": "a"}}, ("when", "bad"), "not chosen before"),
        ({"options": ["a"], "when": {"features": "text", "layer.0.operator": "gat"}}, ("when",), "never active"),
        ({"times": "depht", "decisions": {"x": ["a"]}}, ("times",), "got 'depht'; did you mean 'depth'"),
        ({"times": "features", "decisions": {"x": ["a"]}}, ("times",), "wanted whole numbers"),
        ({"times": 0, "decisions": {"x": ["a"]}}, ("times",), "at least one above 0"),
        ({"times": 1, "decisions": {"depth": [5]}}, ("decisions", "depth"), "the name of a decision already"),
        ({"times": 3, "decisions": {"x": ["a", "a"]}}, ("decisions", "x"), "'x' lists 'a' twice"),
        (
            {"times": 3, "decisions": {"x": {"options": ["a"], "when": {"y": "a"}}}},
            ("decisions", "x", "when", "y"),
            "unknown 'y'",
        ),
        (
            {"times": 3, "when": {"features": "text", "layer.1.heads": [1]}, "decisions": {"x": ["a"]}},
            ("when",),
            "never active",
        ),
    ],
)
def test_each_mistake_is_found_once_at_its_place(entry, path, said):
    [mistake] = find_mistakes(with_decision(bad=entry))
    assert mistake.path == ("decisions", "bad", *path)
    assert said in mistake.what


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"type": "float", "low": 1, "high": 0}, "wanted finite low <= high, got 1 and 0"),
        ({"type": "float", "low": 0, "high": 1, "log": True}, "log wants low above 0"),
        ({"type": "int", "low": 0, "high": 10, "step": 3}, "step 3 does not lead from 0 to 10"),
        ([64, 64], "lists 64 twice"),
    ],
)
def test_impossible_hyperparameter_is_a_mistake(entry, said):
    plain = {**PLAIN, "hyperparameters": {"bad": entry}}
    [mistake] = find_mistakes(options(plain))
    assert mistake.path == ("hyperparameters", "bad")
    assert said in mistake.what


def test_mistakes_are_found_all_at_once_without_those_that_follow_from_others():
    broken = with_decision(
        empty=[],
        after_empty={"options": ["x"], "when": {"empty": ["y"]}},
        repeat_empty={"times": "empty", "decisions": {"x": ["y"]}},
        unknown={"options": ["x"], "when": {"nobody": 1}},
        after_unknown={"options": ["x"], "when": {"unknown": "x"}},
    )
    assert [m.path for m in find_mistakes(broken)] == [
        ("decisions", "empty"),
        ("decisions", "unknown", "when", "nobody"),
    ]


def test_round_of_a_repeat_may_be_out_of_reach_as_long_as_one_is_not():
    first_only = {"times": "depth", "decisions": {"x": {"options": ["a"], "when": {"depth": 1}}}}
    assert find_mistakes(with_decision(extra=first_only)) == []


def test_hyperparameter_that_no_member_uses_is_a_mistake():
    plain = {
        "decisions": {"a": [1, 2], "b": {"options": [1], "when": {"a": 1}}},
        "hyperparameters": {
            "kind": {"options": ["x", "y"], "when": {"a": 2}},
            "rate": {"type": "float", "low": 0, "high": 1, "when": {"b": 1, "kind": "x"}},
        },
    }
    assert [m.path for m in find_mistakes(options(plain))] == [("hyperparameters", "rate", "when")]
    with pytest.raises(ValueError, match="never active"):
        build_space(options(plain))


def test_hyperparameter_named_like_a_decision_is_a_mistake():
    plain = {**PLAIN, "hyperparameters": {"depth": [1, 2]}}
    assert [m.path for m in find_mistakes(options(plain))] == [("hyperparameters", "depth")]


@pytest.mark.parametrize(
    "plain",
    [
        {"decisions": {"a": 3}},
        {"decisions": {"a": [None]}},
        {"decisions": {"a": [["nested"]]}},
        {"decisions": {"a.b": [1]}},
        {"decisions": {"a": {"options": [1], "wen": {}}}},
        {"decisions": {"a": [1]}, "hyperparameters": {"x": {"type": "double", "low": 0, "high": 1}}},
        {"decisions": {"a": [1]}, "hyperparameters": {"x": {"low": 0, "high": 1}}},
    ],
)
def test_wrong_form_is_refused_with_one_error(plain):
    with pytest.raises(ValidationError) as caught:
        options(plain)
    assert caught.value.error_count() == 1


def test_rows_show_a_repeat_once():
    rows = space_rows(options(PLAIN))
    assert [row.name for row in rows] == [
        "features", "depth", "layer.*.operator", "layer.*.heads", "rate", "width", "batch", "kind",
    ]  # fmt: skip
    assert rows[3] == SpaceRow(
        "layer.*.heads", "decision", "1, 4", "depth is above * and features is id and operator is gat"
    )
    assert rows[6] == SpaceRow("batch", "hyperparameter", "8 to 64, step 8", "width is 32")


def test_members_of_a_built_space_are_members():
    space = build_space(options(PLAIN))
    generator = random.Random(0)
    keys = set()
    for _ in range(500):
        architecture = space.sample_architecture(generator)
        assert space.check(architecture, space.sample_hyperparameters(architecture, generator)) == []
        keys.add(space.key(architecture))
    assert len(keys) == 16

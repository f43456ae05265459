import math
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnas_ray.space import Categorical, Decision, Float, Integer


@given(st.integers())
def test_samples_stay_inside(seed):
    generator = random.Random(seed)
    for choice in (
        Float("x", 1e-5, 1e-1, log=True),
        Float("x", -1.0, 1.0),
        Float("x", 0.3, 0.3, log=True),
        Integer("n", 1, 3, log=True),
        Integer("n", 0, 12, step=4),
        Categorical("c", ("a", 1, False)),
    ):
        assert choice.refusal(choice.sample(generator)) == ""


def test_log_float_spreads_over_orders_of_magnitude():
    generator = random.Random(0)
    low = sum(Float("x", 1e-4, 1.0, log=True).sample(generator) < 1e-2 for _ in range(2000))
    assert 900 < low < 1100


def test_log_integer_reaches_both_ends():
    generator = random.Random(0)
    assert {Integer("n", 1, 4, log=True).sample(generator) for _ in range(200)} == {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("choice", "value", "said"),
    [
        (Integer("n", 0, 12, step=4), 6, "6; wanted 0 to 12, step 4"),
        (Integer("n", 0, 12, step=4), 4.0, "4.0; wanted a whole number in 0 to 12, step 4"),
        (Float("x", 0, 1), True, "true; wanted a number in 0..1"),
        (Float("x", 0, 1), float("nan"), "nan; wanted 0..1"),
        (Decision("d", (False, True)), 1, "1; known: false, true"),
        (Decision("d", ("lightgcn", "gcn")), "lightgnc", "'lightgnc'; did you mean 'lightgcn'?"),
    ],
)
def test_refusal_names_the_value_and_what_was_wanted(choice, value, said):
    assert choice.refusal(value) == said
    with pytest.raises(ValueError) as refused:
        choice.as_written(value)
    assert str(refused.value) == f"{choice.name} is {said}"


@pytest.mark.parametrize(
    ("choice", "value", "written"),
    [
        (Decision("d", (1, 2)), 1.0, 1),
        (Categorical("c", (32, 64)), 64.0, 64),
        (Float("x", 0, 2), 1, 1.0),
        (Integer("n", 1, 4), 2, 2),
    ],
)
def test_a_value_is_written_as_the_space_writes_it(choice, value, written):
    found = choice.as_written(value)
    assert (found, type(found)) == (written, type(written))


@pytest.mark.parametrize(
    "build",
    [
        lambda: Decision("d", ()),
        lambda: Decision("d", ("a", "a")),
        lambda: Decision("d", (1, True)),  # equal in Python, in JSON files and in a ledger
        lambda: Categorical("c", ()),
        lambda: Float("x", 1.0, 0.0),
        lambda: Float("x", 0.0, 1.0, log=True),
        lambda: Float("x", 0.0, float("inf")),
        lambda: Integer("n", 0, 10, step=3),
        lambda: Integer("n", 0, 10, step=0),
        lambda: Integer("n", 2, 10, step=2, log=True),
    ],
)
def test_impossible_choice_is_never_born(build):
    with pytest.raises(ValueError):
        build()


def test_options_are_drawn_as_often_as_they_weigh():
    generator = random.Random(0)
    for choice in (
        Decision("operator", ("gat", "gcn", "gin"), weights=(1, 5, 2)),
        Categorical("size", ("gat", "gcn", "gin"), weights=(1, 5, 2)),
    ):
        drawn = Counter(choice.sample(generator) for _ in range(8000))
        assert [drawn[option] / 1000 for option in choice.options] == pytest.approx([1, 5, 2], abs=0.15)


def test_shares_are_what_sampling_gives():
    assert Decision("operator", ("gat", "gcn", "gin"), weights=(1, 5, 2)).shares() == {
        "gat": 0.125,
        "gcn": 0.625,
        "gin": 0.25,
    }
    assert Decision("operator", ("gat", "gcn")).shares() == {"gat": 0.5, "gcn": 0.5}


@pytest.mark.parametrize("weights", [(1.0,), (1.0, 0.0), (1.0, -1.0), (1.0, math.inf), (1.0, math.nan)])
@pytest.mark.parametrize("kind", [Decision, Categorical])
def test_weights_that_make_no_sense_are_refused(kind, weights):
    with pytest.raises(ValueError, match="wanted a weight above 0 for each of 2 options"):
        kind("operator", ("gat", "gcn"), weights=weights)

"""How numbers, times and architectures read."""

import math

import pytest

from gnas_ray.records.words import describe_architecture, duration, last_line, number, score


@pytest.mark.parametrize(
    ("value", "text"), [(0.31416, "0.3142"), (math.nan, "-"), (None, "-"), (168200.0, "168,200"), (0.0, "0")]
)
def test_numbers(value: float | None, text: str) -> None:
    assert number(value) == text


def test_scores_line_up() -> None:
    assert [score(value) for value in (0.3, 0.12346, math.nan, None)] == ["0.3000", "0.1235", "-", "-"]


@pytest.mark.parametrize(("seconds", "text"), [(9.9, "9s"), (185, "3m 05s"), (7620, "2h 07m")])
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_an_architecture_leaves_out_what_is_switched_off() -> None:
    architecture = {
        "item_features": "both",
        "text_projection": "none",
        "num_layers": 2,
        "layer.0.operator": "none",
        "layer.0.residual": True,
        "layer.1.operator": "gat",
        "layer.1.residual": False,
        "text_edges": 0,
    }
    assert describe_architecture(architecture) == "both, num_layers 2, none, residual, gat"


def test_the_last_line_of_a_traceback_is_the_exception() -> None:
    assert last_line("Traceback\n  File ...\nValueError: no\n") == "ValueError: no"
    assert last_line(" ") == "no detail"

import math

import pytest

from gnas_ray.core import Constraint, Measurement, Merit, Objectives

FAST = Objectives("ndcg@20", ("coverage@20",), ("latency_ms",), (Constraint("latency_ms", 5.0, is_upper=True),))
VARIED = Objectives("ndcg@20", constraints=(*FAST.constraints, Constraint("coverage@20", 0.5, is_upper=False)))


def measured(fidelity, ndcg, coverage, latency):
    return Measurement(fidelity, {"ndcg@20": ndcg, "coverage@20": coverage, "latency_ms": latency})


@pytest.mark.parametrize(
    "text", ["latency_ms <= 5", "coverage@20 >= 0.3", "num_parameters <= 2000000", "coverage@20 >= 0.2857142857142857"]
)
def test_a_constraint_is_read_as_it_is_written(text):
    assert str(Constraint.parse(text)) == text
    assert Constraint.parse(text.replace(" ", "")) == Constraint.parse(text)


@pytest.mark.parametrize("text", ["latency_ms < 5", "latency_ms", "<= 5", "latency_ms <= fast", "latency_ms <= nan"])
def test_anything_else_is_no_constraint(text):
    with pytest.raises(ValueError, match="is no constraint; wanted"):
        Constraint.parse(text)


def test_a_violation_is_a_share_of_the_bound():
    assert Constraint.parse("latency_ms <= 4").violation(5) == 0.25
    assert Constraint.parse("coverage@20 >= 0.4").violation(0.3) == pytest.approx(0.25)
    assert Constraint.parse("loss <= 0").violation(0.5) == 0.5
    assert Constraint.parse("latency_ms <= 4").violation(4) == 0.0
    assert math.isnan(Constraint.parse("latency_ms <= 4").violation(math.nan))


def test_merit_turns_what_is_to_be_small_round():
    assert FAST.merit(measured(1, 0.3, 0.5, 10.0).metrics) == Merit((0.3, 0.5, -10.0), (-1.0,))


def test_margins_are_shares_of_the_bounds_and_costs_are_told_apart():
    merit = VARIED.merit(measured(1, 0.3, 0.4, 10.0).metrics)
    assert merit == Merit((0.3,), (-1.0,), (pytest.approx(-0.2),))
    assert merit.violation == pytest.approx(1.2) and merit.shortfall == pytest.approx(0.2)
    assert VARIED.merit(measured(1, 0.3, 0.6, 4.0).metrics).violation == 0
    assert not VARIED.merit(measured(1, 0.3, 0.6, math.nan).metrics).is_finite


def test_the_best_measurement_lacks_least_then_has_the_highest_first_metric_whatever_it_costs():
    measurements = [
        measured(1, 0.9, 0.4, 4),
        measured(2, 0.2, 0.5, 5),
        measured(3, 0.3, 0.7, 6),
        measured(4, 0.3, 1, 1),
    ]
    best = VARIED.best(measurements)
    assert best is not None and best.fidelity == 3
    assert VARIED.best(measurements, fidelity=1) == measurements[0]
    assert FAST.best([measured(1, 0.9, math.nan, 1)]) is None


def test_words_tell_objectives_apart():
    assert FAST.to_list() == ["maximise ndcg@20", "maximise coverage@20", "minimise latency_ms", "latency_ms <= 5"]
    assert Objectives.from_list(FAST.to_list()) == FAST
    assert Objectives("ndcg@20").is_plain and not FAST.is_plain

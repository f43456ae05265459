"""How trials compare where one value does not say how good they are."""

import numpy as np
import pytest

from gnas_ray.core import Constraint, Merit, Objectives, TrialSpec
from gnas_ray.space import Decision, SearchSpace
from gnas_ray.surrogates.comparison import Comparison

SPACE = SearchSpace((Decision("option", tuple(range(40))),))
FRONT = Objectives("ndcg@20", minimise=("epoch_seconds",))


def climb(*values, cost=1.0):
    return [Merit((value, -cost)) for value in values]


def compare(climbs, objectives=FRONT):
    """Places and ranks; the option says who a trial is."""
    trials = [TrialSpec(number, {"option": number}, {}, seed=0) for number in range(len(climbs))]
    compared = Comparison(SPACE, objectives)(trials, climbs)
    return compared.places.tolist(), compared.ranks.T.tolist()


def test_who_was_stopped_counts_as_what_it_would_have_come_to():
    """Both that went on gained .2, so .8 becomes 1.0 and .1 becomes .3."""
    places, (quality, _) = compare([climb(0.6, 0.8), climb(0.8), climb(0.7, 0.9), climb(0.1)])
    assert quality == [2.0, 4.0, 3.0, 1.0]
    assert places == [1.0, 3.0, 2.0, 0.0]


def test_costs_of_all_trials_compare_and_equals_are_equal():
    places, (quality, cheapness) = compare([climb(0.9, 0.9, cost=3.0), climb(0.1, cost=1.0), climb(0.9, cost=3.0)])
    assert quality == [2.5, 1.0, 2.5]
    assert cheapness == [1.5, 3.0, 1.5]
    assert places == [0.0, 0.0, 0.0], "the two ends of one front"


def test_places_go_by_fronts_of_what_each_would_have_come_to():
    """A gain of .3 puts the one that was stopped at .4 before the one that has .6 and costs as much."""
    places, _ = compare([climb(0.5, 0.8, cost=9.0), climb(0.4), climb(0.3, 0.6), climb(0.2, 0.5, cost=2.0)])
    assert places[1] > places[2] > places[3]


def test_what_breaks_a_constraint_is_below_all_that_keep_it_and_its_ranks_are_where_its_values_are():
    objectives = Objectives("ndcg@20", minimise=("latency_ms",), constraints=(Constraint("latency_ms", 6.0, True),))

    def measured(value, latency):
        return [Merit((value, -latency), (1 - latency / 6,))]

    places, (quality, cheapness) = compare([measured(0.1, 1.0), measured(0.15, 9.0), measured(0.2, 5.0)], objectives)
    assert quality == [1.0, 2.0, 3.0]
    assert cheapness == [3.0, 1.0, 2.0]
    assert places == [1.0, 0.0, 1.0], "the two that keep it are the ends of one front"


def test_who_was_stopped_keeps_what_it_would_have_kept():
    """Those that went on gained a margin of .4, so -.3 becomes .1, and who has it is not behind for being stopped."""
    objectives = Objectives("ndcg@20", constraints=(Constraint("coverage@20", 0.3, is_upper=False),))

    def measured(*pairs):
        return [Merit((value,), (), (margin,)) for value, margin in pairs]

    climbs = [measured((0.5, -0.2), (0.6, 0.2)), measured((0.7, -0.3)), measured((0.9, -0.5)), measured((0.4, 0.1))]
    compared = Comparison(SPACE, objectives)(
        [TrialSpec(number, {"option": number}, {}, seed=0) for number in range(4)], climbs
    )
    assert compared.margins[:, 0] == pytest.approx([0.2, 0.1, -0.1, 0.5])
    assert np.argsort(compared.places).tolist() == [2, 3, 0, 1]


def test_no_trials_compare():
    compared = Comparison(SPACE, FRONT)([], [])
    assert (compared.places.shape, compared.ranks.shape, compared.margins.shape) == ((0,), (0, 2), (0, 0))


def test_one_trial_alone_compares():
    places, ranks = compare([climb(0.5)])
    assert len(places) == 1 and np.isfinite(ranks).all()

from gnas_ray.core import Merit
from gnas_ray.search.evidence import ranks_by_objective


def climb(*values, cost=1.0):
    return [Merit(0.0, (value, -cost)) for value in values]


def test_who_climbed_shares_out_ranks_by_what_was_reached_there():
    trials = [climb(0.9, 0.91), climb(0.8), climb(0.7, 0.99), climb(0.1)]
    ranks = ranks_by_objective(trials, [False, True])
    assert ranks[:, 0].tolist() == [2.0, 3.0, 4.0, 1.0]  # 0 and 2 change places: 0.99 is more than 0.91


def test_costs_of_all_trials_compare_and_equals_are_equal():
    trials = [climb(0.9, 0.9, cost=3.0), climb(0.1, cost=1.0), climb(0.2, cost=3.0)]
    assert ranks_by_objective(trials, [False, True])[:, 1].tolist() == [1.5, 3.0, 1.5]


def test_what_was_never_trained_is_below_and_what_breaks_a_constraint_is_where_its_values_are():
    trials = [climb(0.1), [Merit(0.5, (0.15, -9.0))], [Merit(2.0, ())], climb(0.2, cost=5.0), [Merit(1.0, ())]]
    ranks = ranks_by_objective(trials, [False, True])
    assert ranks.tolist() == [[3.0, 5.0], [4.0, 3.0], [1.0, 1.0], [5.0, 4.0], [2.0, 2.0]]

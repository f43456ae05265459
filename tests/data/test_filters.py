"""Filters against hand-worked logs and a slower plain method."""

import numpy as np
import pytest

from gnas_ray.data.filters import apply_filters, deduplicate, first_users, k_core
from gnas_ray.data.log import Log
from gnas_ray.data.options import DataOptions


def make_log(user, item, rating=None, timestamp=None):
    n = len(user)
    return Log(
        user_index=np.array(user, np.int32),
        item_index=np.array(item, np.int32),
        rating=None if rating is None else np.array(rating, np.float32),
        timestamp=None if timestamp is None else np.array(timestamp),
        extra={},
        row=np.arange(2, n + 2),
        source=np.zeros(n, np.int8),
    )


REPEATED = make_log([0, 0, 1, 0, 1], [5, 5, 5, 5, 6], rating=[1, 2, 9, 4, 8], timestamp=[30, 10, 0, 30, 0])


@pytest.mark.parametrize(
    ("rule", "rows", "rating"),
    [
        ("first", [3, 4, 6], [2, 9, 8]),  # earliest time
        ("last", [4, 5, 6], [9, 4, 8]),  # latest time, then the later row
        ("sum", [4, 5, 6], [9, 7, 8]),
        ("mean", [4, 5, 6], [9, 7 / 3, 8]),
    ],
)
def test_deduplicate_keeps_one_interaction_a_pair(rule, rows, rating):
    kept = deduplicate(REPEATED, rule)
    assert kept.row.tolist() == rows
    np.testing.assert_allclose(kept.rating, rating, rtol=1e-6)


def test_deduplicate_leaves_its_argument_alone():
    deduplicate(REPEATED, "sum")
    assert REPEATED.rating.tolist() == [1, 2, 9, 4, 8]


def test_the_first_users_are_those_whom_the_rows_name_first():
    log = make_log([7, 2, 7, 5, 2, 0], [1, 1, 2, 1, 3, 1])
    assert first_users(log, 2).user_index.tolist() == [7, 2, 7, 2]
    assert first_users(log, 1).row.tolist() == [2, 4]
    assert first_users(log, 9).row.tolist() == log.row.tolist()


def test_items_of_few_interactions_fall_once_among_the_users_who_are_left():
    log = make_log([0, 0, 1, 2, 1, 2], [5, 6, 5, 6, 7, 5])
    options = DataOptions.model_validate({"dataset": "movielens-100k", "min_item_interactions": 2})
    kept, counts = apply_filters(log, options)
    assert kept.row.tolist() == [2, 3, 4, 5, 7]  # user 1 is left with one interaction, and stays
    assert counts[-1].step == "min_item_interactions 2"
    kept, _ = apply_filters(log, options.model_copy(update={"max_users": 2}))
    assert kept.row.tolist() == [2, 4]  # without user 2 item 6 has one interaction


def test_k_core_goes_on_until_nothing_falls():
    # user 1 and item 2 have one interaction each; without them item 0 and user 2 have one, then user 0 and item 1
    assert k_core(make_log([0, 1, 2, 2, 0], [0, 0, 1, 2, 1]), 2).row.tolist() == []
    # user 2 falls, with it item 2; the square of users 0, 1 and items 0, 1 stands
    square = make_log([0, 0, 1, 1, 1, 2], [0, 1, 0, 1, 2, 2])
    assert k_core(square, 2).row.tolist() == [2, 3, 4, 5]
    assert k_core(square, 1).row.tolist() == [2, 3, 4, 5, 6, 7]


def test_k_core_agrees_with_removing_one_by_one():
    generator = np.random.default_rng(1)
    pairs = np.unique(generator.integers(0, 30, (180, 2)), axis=0)
    remaining = {tuple(pair) for pair in pairs.tolist()}
    while True:
        weak = [
            (u, i)
            for u, i in remaining
            if sum(u == v for v, _ in remaining) < 4 or sum(i == j for _, j in remaining) < 4
        ]
        if not weak:
            break
        remaining.discard(weak[0])
    kept = k_core(make_log(*pairs.T), 4)
    assert 0 < len(remaining) < len(pairs)
    assert set(zip(kept.user_index.tolist(), kept.item_index.tolist(), strict=True)) == remaining

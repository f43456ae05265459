"""Every split: labels worked out by hand on small logs, and what must hold for any log."""

import numpy as np
import pytest

from gnas_ray.core import UsageError
from gnas_ray.data.splits import (
    SPLITS,
    TEST,
    TRAIN,
    VALID,
    ByTime,
    ColdStartItems,
    LeaveLastOut,
    RandomByUser,
)

TINY_LOG = (np.array([0, 0, 0, 1, 1, 2], np.int32), np.array([5, 3, 4, 5, 0, 1], np.int32))


def random_log(num_users=60, num_items=90, seed=0):
    """Each user with 1 to 40 different items, times in hundreds so that many tie, rows shuffled."""
    generator = np.random.default_rng(seed)
    counts = generator.integers(1, 41, num_users)
    users = np.repeat(np.arange(num_users, dtype=np.int32), counts)
    items = np.concatenate([generator.permutation(num_items)[:count] for count in counts]).astype(np.int32)
    order = generator.permutation(len(users))
    return users[order], items[order], generator.integers(0, 100, len(users))


def sizes(labels):
    return [int((labels == part).sum()) for part in (TRAIN, VALID, TEST)]


@pytest.mark.parametrize("split", [cls() for cls in SPLITS.values()], ids=list(SPLITS))
def test_every_split_labels_each_interaction_and_repeats_itself(split):
    log = random_log()
    labels = split.assign(*log)
    assert labels.dtype == np.int8
    assert labels.shape == log[0].shape
    assert set(labels) == {TRAIN, VALID, TEST}
    assert (labels == split.assign(*log)).all()


# (interactions of one user) -> train, valid, test; from RecBole's rule, worked out by hand.
@pytest.mark.parametrize(
    ("num_interactions", "expected"),
    [
        (1, [1, 0, 0]),
        (2, [1, 0, 1]),
        (3, [1, 1, 1]),
        (9, [7, 1, 1]),
        (10, [8, 1, 1]),
        (19, [17, 1, 1]),
        (30, [24, 3, 3]),
    ],
)
def test_random_by_user_rounds_shares_down_but_leaves_no_part_empty(num_interactions, expected):
    items = np.arange(num_interactions, dtype=np.int32)
    assert sizes(RandomByUser().assign(np.zeros_like(items), items, None)) == expected


def test_random_by_user_cuts_each_user_by_itself():
    users, items, _ = random_log()
    labels = RandomByUser().assign(users, items, None)
    for user in range(60):
        n = int((users == user).sum())
        if n >= 10:
            assert sizes(labels[users == user]) == [n - 2 * (n // 10), n // 10, n // 10]


def test_random_by_user_does_not_depend_on_row_order_but_on_the_seed():
    users, items, _ = random_log()
    backwards = RandomByUser().assign(users[::-1].copy(), items[::-1].copy(), None)[::-1]
    assert (RandomByUser().assign(users, items, None) == backwards).all()
    assert (RandomByUser(seed=1).assign(users, items, None) != backwards).any()


def test_random_by_user_gives_every_position_the_same_chance_to_be_tested():
    items = np.arange(10, dtype=np.int32)
    tested = [RandomByUser(seed=s).assign(np.zeros_like(items), items, None) == TEST for s in range(2000)]
    assert np.abs(np.sum(tested, axis=0) - 200).max() < 60  # four and a half standard deviations


def test_leave_last_out_follows_time_and_breaks_ties_by_row():
    time = np.array([30, 10, 20, 7, 7, 1])
    assert list(LeaveLastOut().assign(*TINY_LOG, time)) == [TEST, TRAIN, VALID, TRAIN, TEST, TRAIN]


def test_leave_last_out_without_times_follows_rows():
    assert list(LeaveLastOut().assign(*TINY_LOG, None)) == [TRAIN, VALID, TEST, TRAIN, TEST, TRAIN]


def test_by_time_keeps_a_moment_together_in_the_later_part():
    time = np.array([0, 1, 2, 3, 4, 5, 6, 7, 7, 9])  # 80% would cut between the two 7s
    labels = ByTime().assign(np.zeros(10, np.int32), np.arange(10, dtype=np.int32), time)
    assert list(labels) == [TRAIN] * 7 + [VALID] * 2 + [TEST]


def test_by_time_needs_times():
    with pytest.raises(UsageError, match="needs a column 'timestamp'"):
        ByTime().assign(*TINY_LOG, None)


def test_cold_start_items_share_no_item_between_parts():
    users, items, _ = random_log()
    labels = ColdStartItems().assign(users, items, None)
    per_part = [set(items[labels == part]) for part in (TRAIN, VALID, TEST)]
    assert not (per_part[0] & per_part[1] or per_part[0] & per_part[2] or per_part[1] & per_part[2])
    assert [len(part) for part in per_part] == [72, 9, 9]


@pytest.mark.parametrize("ratios", [(0.8, 0.1, 0.2), (1.0, 0.0, 0.0)])
def test_ratios_must_be_shares(ratios):
    with pytest.raises(ValueError, match="must be positive and sum to 1"):
        RandomByUser(ratios=ratios)

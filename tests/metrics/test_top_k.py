from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gnas_ray.metrics.seen import SeenItems
from gnas_ray.metrics.top_k import chunk_sizes, top_k, top_k_of_scores
from tests.metrics import plain
from tests.metrics.cases import as_csr, cases


@settings(max_examples=150)
@given(case=cases(), k=st.integers(1, 15), byte_budget=st.sampled_from([1, 64, 1 << 20]))
def test_top_k_is_the_head_of_the_sorted_unseen_items(case, k, byte_budget):
    seen = SeenItems(as_csr(case.seen, case.scores.shape[1]))
    items = torch.from_numpy(case.scores.T.copy())
    found = top_k(torch.eye(len(case.scores)), items, k=k, seen=seen, byte_budget=byte_budget)
    for user, row in enumerate(case.scores.tolist()):
        expected = plain.ranked_items(row, case.seen[user])[:k]
        shown = found.scores[user] > -math.inf
        assert found.items[user][shown].tolist() == expected
        assert found.scores[user][shown].tolist() == [row[item] for item in expected]


def test_equal_scores_rank_by_item_index():
    assert top_k_of_scores(torch.zeros(2, 1000), 5).items.tolist() == [[0, 1, 2, 3, 4]] * 2


def test_a_tie_across_the_cutoff_goes_to_the_lower_index():
    scores = torch.tensor([[0.0, 2, 1, 3, 1, 1]])
    assert top_k_of_scores(scores, 3).items.tolist() == [[3, 1, 2]]


def test_asking_for_more_than_there_is_gives_all():
    assert top_k_of_scores(torch.tensor([[1.0, 2]]), 5).items.tolist() == [[1, 0]]


def test_no_users_give_no_lists():
    assert top_k(torch.zeros(0, 4), torch.zeros(9, 4), k=3).items.shape == (0, 3)


def test_nan_is_an_error():
    with pytest.raises(FloatingPointError):
        top_k_of_scores(torch.tensor([[1.0, math.nan, 2.0]]), 1)


@pytest.mark.parametrize("num_items", [10, 1682, 1_000_000])
def test_chunks_keep_the_budget(num_items):
    users, items = chunk_sizes(100_000, num_items, 64 << 20)
    assert users * items * 4 <= 64 << 20
    assert users >= 128


def test_stored_zero_counts_as_seen():
    seen = as_csr([{1}], 3)
    seen.data = np.zeros(1)
    scores = torch.zeros(1, 3)
    SeenItems(seen).hide(scores, 0, 0)
    assert scores.tolist() == [[0, -math.inf, 0]]

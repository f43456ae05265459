from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from gnas_ray.core import UsageError
from gnas_ray.metrics import METRICS, Ranking, parse_metric
from tests.metrics import plain


def one_user(hits: str, num_relevant: int) -> Ranking:
    """A ranking of one user; ``"-x-"`` has its only hit at position 2."""
    row = np.array([[mark == "x" for mark in hits]])
    return Ranking(row, np.array([num_relevant]), np.arange(10))


@pytest.mark.parametrize(
    ("metric", "hits", "num_relevant", "expected"),
    [
        ("recall@3", "-x-", 2, 1 / 2),
        ("recall@2", "xx-x", 5, 2 / 5),  # of all relevant items, although only 2 fit
        ("precision@4", "-x-x", 2, 2 / 4),
        ("precision@2", "-x-x", 2, 1 / 2),
        ("f1@3", "-x-", 2, 2 * (1 / 3) * (1 / 2) / (1 / 3 + 1 / 2)),
        ("f1@3", "---", 2, 0.0),
        ("hit_rate@1", "-x-", 2, 0.0),
        ("hit_rate@2", "-x-", 2, 1.0),
        ("ndcg@3", "-x-", 2, 0.38685),  # (1/log2 3) / (1 + 1/log2 3)
        ("ndcg@2", "xx", 7, 1.0),  # the ideal list is cut at k as well
        ("ndcg@3", "x--", 1, 1.0),
        ("mrr@4", "--xx", 3, 1 / 3),
        ("mrr@2", "--xx", 3, 0.0),
        ("map@4", "x--x", 3, (1 / 1 + 2 / 4) / 3),
        ("map@2", "xx--", 3, 1.0),
        ("coverage@3", "---", 1, 3 / 10),
    ],
)
def test_metric_has_its_hand_worked_value(metric, hits, num_relevant, expected):
    assert parse_metric(metric).value(one_user(hits, num_relevant)) == pytest.approx(expected, abs=1e-5)


def test_users_weigh_the_same_however_many_items_they_like():
    ranking = Ranking(np.array([[True], [False], [False]]), np.array([1, 9, 9]), np.array([0, 1]))
    assert parse_metric("recall@1").value(ranking) == pytest.approx(1 / 3)


def test_every_registered_metric_has_a_plain_version():
    assert set(METRICS) == {*plain.USER_METRICS, "coverage"}


@pytest.mark.parametrize("text", ["ndgc@10", "ndcg", "ndcg@0", "ndcg@-1", "ndcg@ten"])
def test_wrong_metric_is_refused(text):
    with pytest.raises(UsageError):
        parse_metric(text)


def test_wrong_metric_names_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'ndcg'"):
        parse_metric("ndgc@10")


def test_names_can_be_checked_without_torch():
    code = "import sys, gnas_ray.metrics; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

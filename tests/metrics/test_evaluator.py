from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gnas_ray.core import UsageError
from gnas_ray.metrics import METRICS
from gnas_ray.metrics.evaluator import Evaluator
from tests.metrics import plain
from tests.metrics.cases import Case, as_csr, cases

ALL_METRICS = [f"{name}@{k}" for name in METRICS for k in (1, 3, 20)]


def evaluator(case: Case, **options) -> Evaluator:
    num_items = case.scores.shape[1]
    return Evaluator(
        ALL_METRICS,
        seen=as_csr(case.seen, num_items),
        relevant=as_csr(case.relevant, num_items),
        **options,
    )


def plain_values(case: Case) -> dict[str, float]:
    rankings = [plain.ranked_items(row, seen) for row, seen in zip(case.scores.tolist(), case.seen, strict=True)]
    return {name: plain.value(*_split(name, rankings, case), case.scores.shape[1]) for name in ALL_METRICS}


def _split(name: str, rankings: list[list[int]], case: Case):
    metric, k = name.split("@")
    return metric, rankings, case.relevant, int(k)


@settings(max_examples=150)
@given(case=cases(), byte_budget=st.sampled_from([1, 300, 1 << 20]))
def test_every_metric_equals_its_plain_version(case, byte_budget):
    scores = torch.from_numpy(case.scores)
    values = evaluator(case, byte_budget=byte_budget).evaluate(lambda users: scores[users])
    assert values == pytest.approx(plain_values(case))


@settings(max_examples=150)
@given(case=cases(), byte_budget=st.sampled_from([1, 100, 1 << 20]))
def test_dot_products_are_evaluated_like_scores_whatever_the_chunks(case, byte_budget):
    users, items = torch.eye(len(case.scores)), torch.from_numpy(case.scores.T.copy())
    values = evaluator(case, byte_budget=byte_budget).evaluate_vectors(users, items)
    assert values == pytest.approx(plain_values(case))


@settings(max_examples=150)
@given(case=cases(), byte_budget=st.sampled_from([1, 300, 1 << 20]))
def test_a_group_s_metrics_are_those_of_the_same_lists_with_its_items_alone_relevant(case, byte_budget):
    odd = np.arange(case.scores.shape[1]) % 2 == 1
    scores = torch.from_numpy(case.scores)
    values = evaluator(case, byte_budget=byte_budget, groups={"odd": odd}).evaluate(lambda users: scores[users])
    relevant = [{item for item in items if item % 2} for items in case.relevant]
    if not any(relevant):
        assert not any(name.startswith("odd.") for name in values)
        return
    of_users = {f"odd.{n}": v for n, v in plain_values(replace(case, relevant=relevant)).items() if "coverage" not in n}
    assert {name: values[name] for name in of_users} == pytest.approx(of_users)
    assert {name: values[name] for name in ALL_METRICS} == pytest.approx(plain_values(case))


def test_a_group_s_coverage_is_the_share_of_it_that_is_in_anybodys_list():
    case = Case(np.array([[3.0, 2, 1, 0], [3.0, 0, 1, 2]], np.float32), seen=[{0}, set()], relevant=[{0}, {2}])
    values = evaluator(case, groups={"late": np.array([False, True, True, True])}).evaluate(
        lambda users: torch.from_numpy(case.scores)[users]
    )
    assert (values["coverage@1"], values["late.coverage@1"]) == (2 / 4, 1 / 3)  # items 1 and 0 are first


def test_perfect_scores_are_perfect():
    case = Case(np.array([[0.0, 1, 0, 1]], dtype=np.float32), seen=[{0}], relevant=[{1, 3}])
    values = evaluator(case).evaluate(lambda _: torch.from_numpy(case.scores))
    assert values["ndcg@3"] == values["recall@3"] == values["mrr@1"] == values["map@20"] == 1.0


def test_seen_item_is_never_recommended():
    case = Case(np.array([[9.0, 1, 0]], dtype=np.float32), seen=[{0}], relevant=[{1}])
    assert evaluator(case).evaluate(lambda _: torch.from_numpy(case.scores))["mrr@1"] == 1.0


def test_scorers_tensor_is_left_alone():
    case = Case(np.array([[9.0, 1, 0]], dtype=np.float32), seen=[{0}], relevant=[{1}])
    scores = torch.tensor([[9.0, 1, 0]])
    evaluator(case).evaluate(lambda _: scores)
    assert scores.tolist() == [[9.0, 1, 0]]


def test_scorer_is_asked_only_for_users_with_something_relevant():
    asked = []
    case = Case(np.zeros((3, 2), dtype=np.float32), seen=[set(), set(), set()], relevant=[{1}, set(), {0}])

    def score(users):
        asked.extend(users.tolist())
        return torch.zeros(len(users), 2)

    evaluator(case).evaluate(score)
    assert asked == [0, 2]


def test_nan_score_is_an_error():
    case = Case(np.array([[1.0, np.nan]], dtype=np.float32), seen=[set()], relevant=[{0}])
    with pytest.raises(FloatingPointError):
        evaluator(case).evaluate(lambda _: torch.from_numpy(case.scores))


def test_nothing_relevant_is_an_error():
    with pytest.raises(ValueError, match="nothing to evaluate"):
        evaluator(Case(np.zeros((1, 2)), seen=[{0}], relevant=[set()]))


def test_unknown_metric_is_an_error():
    with pytest.raises(UsageError):
        Evaluator(["ndgc@3"], seen=as_csr([set()], 1), relevant=as_csr([{0}], 1))


def test_a_million_items_fit_in_the_byte_budget():
    # All scores of 128 users at once would take 512 MB; the item vectors (32 MB) and the lists come on top of 16 MB.
    code = """
import resource, numpy as np, scipy.sparse as sp, torch
from gnas_ray.metrics.evaluator import Evaluator
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
users, items = torch.randn(128, 8), torch.randn(1_000_000, 8)
pairs = (np.ones(128), (np.arange(128), np.arange(128)))
relevant = sp.csr_array(pairs, shape=(128, 1_000_000))
evaluator = Evaluator(["ndcg@20"], seen=relevant[::-1], relevant=relevant, byte_budget=16 << 20)
before = peak()
evaluator.evaluate_vectors(users, items)
print(peak() - before)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 100 * 1024  # KiB

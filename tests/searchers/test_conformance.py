"""What every registered searcher must do."""

import inspect

import pytest

from gnas_ray.searchers import SEARCHERS, Searcher
from tests.searchers.ledgers import BPR, SOFTMAX, SPACE, fill, judged, open_ledger

SEARCHER = pytest.mark.parametrize("make", [pytest.param(cls, id=name) for name, cls in SEARCHERS.items()])


def learning_rate(hyperparameters):
    return -abs(hyperparameters["learning_rate"] - 0.003)


def test_there_are_searchers():
    assert {"tpe", "uniform"} <= SEARCHERS.keys()
    assert all(issubclass(cls, Searcher) for cls in SEARCHERS.values())


@SEARCHER
@pytest.mark.parametrize("num_trials", [0, 5, 60])
def test_proposals_are_complete_and_valid_under_conditions(make, num_trials):
    ledger = open_ledger()
    searcher = make(SPACE, ledger=ledger)
    fill(ledger, searcher, learning_rate, num_trials=num_trials)
    with_momentum = 0
    for seed in range(30):
        for architecture in (BPR, SOFTMAX):
            chosen = searcher.propose(architecture, judged(ledger), seed=seed)
            assert SPACE.check(architecture, chosen) == []
            assert list(chosen) == [h.name for h in SPACE.hyperparameters if h.name in chosen]
            with_momentum += "momentum" in chosen
    assert with_momentum > 0


@SEARCHER
@pytest.mark.parametrize("num_trials", [0, 60])
def test_what_is_fixed_stays_and_decides_what_else_is_active(make, num_trials):
    ledger = open_ledger()
    searcher = make(SPACE, ledger=ledger)
    fill(ledger, searcher, learning_rate, num_trials=num_trials)
    for optimiser in ("adam", "sgd"):
        fixed = {"learning_rate": 0.0123, "optimiser": optimiser, "temperature": 0.5}
        for seed in range(10):
            chosen = searcher.propose(SOFTMAX, judged(ledger), seed=seed, fixed=fixed)
            assert SPACE.check(SOFTMAX, chosen) == []
            assert {name: chosen[name] for name in fixed} == fixed
            assert "temperature" not in searcher.propose(BPR, judged(ledger), seed=seed, fixed=fixed)


@SEARCHER
def test_same_seed_and_ledger_same_proposal_and_another_seed_another(make):
    ledger = open_ledger()
    searcher = make(SPACE, ledger=ledger)
    fill(ledger, searcher, learning_rate, num_trials=40)
    known = judged(ledger)
    assert searcher.propose(SOFTMAX, known, seed=1) == searcher.propose(SOFTMAX, known, seed=1)
    assert searcher.propose(SOFTMAX, known, seed=1) != searcher.propose(SOFTMAX, known, seed=2)
    assert make(SPACE, ledger=ledger).propose(SOFTMAX, known, seed=1) == searcher.propose(SOFTMAX, known, seed=1)


@SEARCHER
def test_a_reopened_ledger_gives_the_same_proposals_and_proposing_writes_nothing(make, tmp_path):
    path = tmp_path / "ledger.log"
    with open_ledger(path) as ledger:
        fill(ledger, make(SPACE, ledger=ledger), learning_rate, num_trials=40)
        before = path.read_bytes()
        proposals = [make(SPACE, ledger=ledger).propose(SOFTMAX, judged(ledger), seed=seed) for seed in range(5)]
        assert path.read_bytes() == before
    with open_ledger(path) as again:
        assert [make(SPACE, ledger=again).propose(SOFTMAX, judged(again), seed=seed) for seed in range(5)] == proposals


@SEARCHER
def test_constructor_parameters_bind_to_yaml_keys(make):
    space, *others = inspect.signature(make).parameters.values()
    assert (space.name, others[0].name) == ("space", "ledger")
    assert all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in others)
    assert all(parameter.default is not inspect.Parameter.empty for parameter in others[1:])

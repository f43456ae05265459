import math
import statistics
from collections import Counter

import pytest

from gnas_ray.core import Ending, Objectives, Outcome, Proposal
from gnas_ray.ledger import Ledger
from gnas_ray.searchers import SEARCHERS, TPE, Uniform
from gnas_ray.searchers.tpe import MAX_TRIALS
from gnas_ray.space import Categorical, SearchSpace
from tests.searchers.ledgers import BPR, FAILED, HYPERPARAMETERS, LOST, SOFTMAX, SPACE, add_trial, judged, open_ledger


def exponents(searcher, architecture=BPR, num_proposals=40, name="learning_rate"):
    known = judged(searcher.ledger)
    return [math.log10(searcher.propose(architecture, known, seed=seed)[name]) for seed in range(num_proposals)]


def spread(low, high, num_values):
    """Values whose logarithms are evenly spaced."""
    return [10 ** (low + (high - low) * i / (num_values - 1)) for i in range(num_values)]


def test_proposes_where_finished_trials_were_good():
    ledger = open_ledger()
    for rate in spread(-4, -1, 40):
        add_trial(ledger, -abs(math.log10(rate) + 2.0), learning_rate=rate)
    near = [abs(exponent + 2.0) < 0.5 for exponent in exponents(TPE(SPACE, ledger=ledger))]
    by_chance = [abs(exponent + 2.0) < 0.5 for exponent in exponents(Uniform(SPACE, ledger=ledger))]
    assert statistics.mean(near) > 0.8
    assert statistics.mean(by_chance) < 0.6


def test_random_before_enough_trials():
    ledger = open_ledger()
    for _ in range(9):
        add_trial(ledger, 0.5, learning_rate=0.01)
    assert statistics.stdev(exponents(TPE(SPACE, ledger=ledger))) > 0.6  # uniform over three decades: 0.87


@pytest.mark.parametrize("outcome", [FAILED, Outcome(Ending.INFEASIBLE, violation=1.0)])
def test_values_with_which_trials_fail_are_avoided(outcome):
    """Half of the range fails, so values there are rare among what ended well."""
    ledger = open_ledger()
    for rate in spread(-4, -2.5, 20):
        add_trial(ledger, 0.5, learning_rate=rate)
    for rate in spread(-2.5, -1, 20):
        add_trial(ledger, 9.0 if outcome is FAILED else None, learning_rate=rate, outcome=outcome)
    proposed = exponents(TPE(SPACE, ledger=ledger))
    assert statistics.mean(exponent > -2.4 for exponent in proposed) < 0.2


def test_conditional_hyperparameters_learn_from_the_architectures_that_have_them():
    """Cold is good with softmax; BPR's trials, twice as many, have no temperature and disturb nothing."""
    ledger = open_ledger()
    for number, temperature in enumerate(spread(-1.3, 0, 30)):
        add_trial(ledger, -temperature, architecture=SOFTMAX, temperature=temperature, num_negatives=16 + number)
        for _ in range(2):
            add_trial(ledger, -5.0, learning_rate=0.05)
    assert statistics.median(exponents(TPE(SPACE, ledger=ledger), SOFTMAX, name="temperature")) < math.log10(0.15)


def test_hyperparameters_with_the_same_conditions_are_sampled_together():
    """Cold with few negatives is good, hot with many too; either alone says nothing."""
    ledger = open_ledger()
    for number in range(60):
        cold, few = number % 2 == 0, number % 4 < 2
        temperature, num_negatives = 0.06 if cold else 0.9, (17 if few else 250) + number % 3
        value = 1.0 if cold == few else 0.0
        add_trial(ledger, value, architecture=SOFTMAX, temperature=temperature, num_negatives=num_negatives)
    proposals = [TPE(SPACE, ledger=ledger).propose(SOFTMAX, judged(ledger), seed=seed) for seed in range(40)]
    together = [(p["temperature"] < 0.25) == (p["num_negatives"] < 65) for p in proposals]
    assert statistics.mean(together) > 0.9  # each by itself: one half


def test_unconditional_hyperparameters_learn_from_all_architectures():
    ledger = open_ledger()
    for rate in spread(-4, -1, 40):
        add_trial(ledger, -abs(math.log10(rate) + 2.0), learning_rate=rate)  # none of them with softmax
    assert abs(statistics.median(exponents(TPE(SPACE, ledger=ledger), SOFTMAX)) + 2.0) < 0.3


@pytest.mark.parametrize("bad", [{"num_startup_trials": -1}, {"num_startup_trials": 201}, {"num_candidates": 0}])
def test_parameters_without_a_meaning_are_refused_by_name(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        TPE(SPACE, ledger=open_ledger(), **bad)


def test_finds_better_hyperparameters_than_random_search_with_the_same_trials():
    """Median over five seeds of the best of 40 trials, two hyperparameters that matter."""

    def value_of(chosen):
        rate, batch = math.log10(chosen["learning_rate"]), chosen["batch_size"]
        return -abs(rate + 2.2) - 0.3 * abs(batch - 512) / 256

    found = {}
    for searcher_name in ("tpe", "uniform"):
        best = []
        for seed in range(5):
            ledger = open_ledger()
            searcher = SEARCHERS[searcher_name](SPACE, ledger=ledger)
            for number in range(40):
                chosen = searcher.propose(BPR, judged(ledger), seed=1000 * seed + number)
                hyperparameters = {n: chosen[n] for n in HYPERPARAMETERS if n in chosen}
                more = {n: v for n, v in chosen.items() if n not in hyperparameters}
                add_trial(ledger, value_of(chosen), **hyperparameters, **more)
            best.append(max(record.value(ledger.objectives) for record in ledger.trials()))
        found[searcher_name] = statistics.median(best)
    assert found["tpe"] > found["uniform"]


def test_a_long_ledger_is_represented_by_its_best_and_a_spread_of_the_others():
    """What it proposes is still where the best trials are."""
    ledger = open_ledger()
    for rate in spread(-4, -1, 300):
        add_trial(ledger, -abs(math.log10(rate) + 2.5), learning_rate=rate)
    searcher = TPE(SPACE, ledger=ledger)
    assert len(searcher._study_of(judged(ledger)).trials) == MAX_TRIALS
    assert statistics.median(exponents(searcher)) == pytest.approx(-2.5, abs=0.3)


@pytest.mark.parametrize("num_lost", [0, 20])
def test_before_anything_is_known_options_come_as_often_as_they_weigh(num_lost):
    space = SearchSpace(SPACE.decisions, (Categorical("size", (16, 32, 64)),)).weighted({"size": {16: 8.0}})
    ledger = Ledger.open(None, space=space, name="weighted", objectives=Objectives("ndcg@20"))
    for _ in range(num_lost):
        ledger.end(ledger.begin(Proposal(BPR, "uniform"), {"size": 16}, seed=0).number, LOST, reward=None)
    drawn = Counter(TPE(space, ledger=ledger).propose(BPR, judged(ledger), seed=seed)["size"] for seed in range(500))
    assert drawn[16] / 500 == pytest.approx(0.8, abs=0.06)

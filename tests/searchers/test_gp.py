import math
import random
import statistics

import pytest

from gnas_ray.searchers import GP, SEARCHERS
from tests.searchers.ledgers import BPR, HYPERPARAMETERS, SOFTMAX, SPACE, add_trial, open_ledger


def filled(*, best_exponent, num_trials=40, seed=0):
    """Random trials whose value falls with the distance from the architecture's own best learning rate."""
    ledger = open_ledger()
    generator = random.Random(seed)
    for number in range(num_trials):
        loss, architecture = (("bpr", BPR), ("softmax", SOFTMAX))[number % 2]
        exponent = generator.uniform(-4, -1)
        more = {"temperature": 0.2, "num_negatives": 64} if loss == "softmax" else {}
        value = 1 - abs(exponent - best_exponent[loss])
        add_trial(ledger, value, architecture=architecture, learning_rate=10**exponent, **more)
    return ledger


def proposed(searcher, architecture, number=20):
    return [math.log10(searcher.propose(architecture, seed=seed)["learning_rate"]) for seed in range(number)]


def test_each_architecture_gets_what_was_best_for_it():
    ledger = filled(best_exponent={"bpr": -3.2, "softmax": -1.8})
    searcher = GP(SPACE, ledger=ledger)
    assert statistics.median(proposed(searcher, BPR)) == pytest.approx(-3.2, abs=0.4)
    assert statistics.median(proposed(searcher, SOFTMAX)) == pytest.approx(-1.8, abs=0.4)


def test_what_one_architecture_taught_is_used_for_another():
    ledger = filled(best_exponent={"bpr": -2.0, "softmax": -2.0})
    unseen = {"loss": "bpr", "num_layers": 1}
    assert statistics.median(proposed(GP(SPACE, ledger=ledger), unseen)) == pytest.approx(-2.0, abs=0.4)


@pytest.mark.parametrize("name", ["gp", "tpe"])
def test_finds_better_hyperparameters_than_random_search_with_the_same_trials(name):
    """Median over five seeds of the best of 40 trials, two hyperparameters that matter."""

    def value_of(chosen):
        rate, batch = math.log10(chosen["learning_rate"]), chosen["batch_size"]
        return -abs(rate + 2.2) - 0.3 * abs(batch - 512) / 256

    found = {}
    for searcher_name in (name, "uniform"):
        best = []
        for seed in range(5):
            ledger = open_ledger()
            searcher = SEARCHERS[searcher_name](SPACE, ledger=ledger)
            for number in range(40):
                chosen = searcher.propose(BPR, seed=1000 * seed + number)
                hyperparameters = {n: chosen[n] for n in HYPERPARAMETERS if n in chosen}
                more = {n: v for n, v in chosen.items() if n not in hyperparameters}
                add_trial(ledger, value_of(chosen), **hyperparameters, **more)
            best.append(max(record.best("ndcg@20") for record in ledger.trials()))
        found[searcher_name] = statistics.median(best)
    assert found[name] > found["uniform"]

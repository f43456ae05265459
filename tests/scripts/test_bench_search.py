"""The script as it is called, and the cut of it that guards the default search."""

import json
import math
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from gnas_ray.experiment import Experiment

SCRIPT = Path(__file__).parents[2] / "scripts" / "bench_search"


def bench(*words):
    command = [sys.executable, str(SCRIPT), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def rows_of(*words):
    done = bench("--json", *words)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_row_for_each_table_searcher_and_budget():
    words = ["--table", "nas-bench-graph:cora", "--table", "fcnet:protein_structure", "--seeds", "2"]
    rows = rows_of(*words, "--searchers", "uniform,evolution+uniform", "--budgets", "5,10")
    assert [(row["table"], row["searcher"], row["budget"], row["seeds"]) for row in rows] == [
        (table, searcher, budget, 2)
        for table in ("nas-bench-graph:cora", "fcnet:protein_structure")
        for searcher in ("uniform", "evolution+uniform")
        for budget in (5, 10)
    ]
    assert all(row.keys() == {"searcher", "table", "budget", "regret_mean", "regret_se", "seeds"} for row in rows)
    assert all(row["regret_mean"] >= 0 and row["regret_se"] >= 0 for row in rows)


def test_people_read_regret_times_1000():
    words = ["--table", "nas-bench-graph:cora", "--searchers", "uniform", "--budgets", "10", "--seeds", "3"]
    (row,) = rows_of(*words)
    expected = f"{1000 * row['regret_mean']:.0f} ± {1000 * row['regret_se']:.0f}"
    assert bench(*words).stdout.splitlines()[-1].split(maxsplit=1) == ["uniform", expected]


def test_a_table_with_learning_curves_is_searched_for_full_trial_equivalents():
    words = ["--table", "recsys:movielens-100k", "--seeds", "2", "--searchers", "uniform+uniform"]
    few, many = rows_of(*words, "--budgets", "2,8", "--stopping", "none")
    assert few.keys() == {"searcher", "table", "budget", "regret_mean", "regret_se", "seeds", "stopping"}
    assert (few["budget"], many["budget"], few["stopping"]) == (2, 8, "none")
    assert few["regret_mean"] >= many["regret_mean"] >= 0
    printed = bench(*words, "--budgets", "2", "--late").stdout.splitlines()
    assert [line.split(" x ")[0].split(", ")[-1] for line in printed[1::3]] == ["start", "whole"]
    start, whole = (float(line.split()[1]) for line in printed[2::3])
    assert 0 < start < whole < 400  # NDCG x 1000


def test_ours_is_what_an_experiment_gets_unasked():
    names = [Experiment.model_fields[family].default.name for family in ("controller", "searcher", "surrogate")]
    words = ["--table", "fcnet:protein_structure", "--seeds", "2", "--budgets", "30"]
    rows = rows_of(*words, "--searchers", f"ours,{'+'.join(names)}")
    assert len({row["regret_mean"] for row in rows}) == 1


def test_settings_reach_the_searcher_that_is_measured():
    words = ["--table", "nas-bench-graph:cora", "--searchers", "evolution", "--seeds", "3", "--budgets", "100"]
    (default,) = rows_of(*words)
    (changed,) = rows_of(*words, "--set", "controller.population_size=5")
    assert default["regret_mean"] != changed["regret_mean"]
    beside = rows_of(*words[:2], "--searchers", "evolution,evolution:controller.population_size=5", *words[4:])
    assert [row["regret_mean"] for row in beside] == [default["regret_mean"], changed["regret_mean"]]
    assert beside[1]["searcher"] == "evolution:controller.population_size=5"


def test_markdown_has_the_same_figures():
    words = ["--table", "nas-bench-graph:cora", "--table", "fcnet:slice_localization", "--seeds", "2"]
    words += ["--searchers", "uniform,evolution", "--budgets", "10,20"]
    first, second = bench(*words, "--markdown").stdout.strip().split("\n\n")
    assert first.splitlines()[:2] == ["| nas-bench-graph:cora, regret x 1000 | 10 | 20 |", "| --- | --- | --- |"]
    printed = [line.split() for line in bench(*words).stdout.splitlines()[-2:]]
    assert [line.replace("|", "").split() for line in second.splitlines()[2:]] == printed


def test_a_constraint_is_for_those_who_are_told_of_it():
    words = ["--table", "fcnet:protein_structure", "--constraint", "runtime_seconds:0.25", "--seeds", "2"]
    rows = rows_of(*words, "--searchers", "ours,ours/unaware,ours/refused,ours/failing", "--budgets", "30")
    assert len({row["regret_mean"] for row in rows}) == 4
    refused = bench(*words[:2], "--constraint", "latency_ms:0.25")
    assert refused.returncode == 2 and "it has runtime_seconds, num_parameters" in refused.stderr
    refused = bench(*words[:2], "--constraint", "runtime_seconds:0.00001")
    assert refused.returncode == 2 and "runtime_seconds:1e-05 keeps 1 of the table's entries" in refused.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["--searchers", "annealing"],
        ["--searchers", "ppo+annealing"],
        ["--searchers", "ppo+tpe+annealing"],
        ["--searchers", "ours/annealing"],
        ["--table", "nas-bench-graph:annealing"],
        ["--table", "recsys:annealing"],
        ["--set", "annealing.epochs=3"],
        ["--searchers", "evolution", "--set", "controller.annealing=3"],
        ["--searchers", "optuna_tpe:surrogate.annealing=3"],
        ["--set", "annealing"],
        ["--set", "surrogate.num_candidates=annealing", "--searchers", "ours"],
        ["--set", "scheduler.grace_period=3", "--searchers", "annealing"],
        ["--seeds", "annealing"],
        ["--budgets", "50,annealing"],
        ["--constraint", "annealing"],
    ],
)
def test_a_name_that_is_not_there_is_a_mistake_of_the_user(words):
    done = bench(*words)
    assert done.returncode == 2
    assert "annealing" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--seeds", "0"], "wanted a whole number from 1 on, got '0'"),
        (["--workers", "-1"], "wanted a whole number from 1 on, got '-1'"),
        (["--budgets", "10,0"], "wanted a whole number from 1 on, got '0'"),
        (["--set", "scheduler.grace_period=3"], "has no scheduler.grace_period to set over nas-bench-graph:cora"),
        (["--late"], "nas-bench-graph:cora has no learning curves"),
        (["--late", "--objectives", "latency_ms"], "wanted it without --objectives"),
    ],
)
def test_what_can_not_be_measured_is_told_before_anything_is(words, expected):
    done = bench("--table", "nas-bench-graph:cora", "--searchers", "uniform", *words)
    assert done.returncode == 2 and expected in done.stderr


def test_one_seed_has_no_error():
    words = ["--table", "nas-bench-graph:cora", "--searchers", "uniform", "--seeds", "1", "--budgets", "5"]
    (row,) = rows_of(*words)
    assert row["regret_se"] is None
    assert bench(*words).stdout.split()[-1] == f"{1000 * row['regret_mean']:.0f}"


def test_the_default_search_beats_random_search_and_a_flat_tpe():
    """By two standard errors of the difference, over two tables; the same numbers at each run."""
    words = ["--table", "nas-bench-graph:cora", "--table", "nas-bench-graph:citeseer", "--seeds", "20"]
    rows = rows_of(*words, "--searchers", "ours,optuna_tpe,uniform+uniform", "--budgets", "100")
    found = {
        name: [statistics.fmean(row["regret_mean"] for row in own), math.hypot(*(row["regret_se"] for row in own)) / 2]
        for name in ("ours", "optuna_tpe", "uniform+uniform")
        if (own := [row for row in rows if row["searcher"] == name])
    }
    (ours, error) = found.pop("ours")
    for other, its_error in found.values():
        assert ours + 2 * math.hypot(error, its_error) < other


def test_with_objectives_the_hypervolume_is_measured():
    words = ["--table", "fcnet:protein_structure", "--objectives", "runtime_seconds,num_parameters", "--seeds", "2"]
    rows = rows_of(*words, "--searchers", "ours,optuna_nsga2,uniform+uniform", "--budgets", "10,30")
    assert all(
        row.keys() == {"searcher", "table", "budget", "hypervolume_mean", "hypervolume_se", "seeds"} for row in rows
    )
    shares = [row["hypervolume_mean"] for row in rows]
    assert all(0 <= few <= many <= 1 for few, many in zip(shares[::2], shares[1::2], strict=True))
    assert shares[1] > max(shares[3], shares[5]), "ours, after 30 trials"
    refused = bench(*words[:2], "--objectives", "latency_ms")
    assert refused.returncode == 2 and "it has runtime_seconds, num_parameters" in refused.stderr

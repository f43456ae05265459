"""The script as it is called, on data whose right answer is known. What it measures in seconds is not asserted."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from gnas_ray.models.operators import OPERATORS
from tests.training.checkerboard import prepare_checkerboard

SCRIPT = Path(__file__).parents[2] / "scripts" / "bench_training"
EPOCHS = 5
SMALL = ["--epochs", EPOCHS, "--batch-size", 64, "--embedding-size", 8, "--layers", 2, "--learning-rate", 0.05]


def bench(*words):
    command = [sys.executable, str(SCRIPT), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def lines_of(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_system_finds_the_held_out_items(tmp_path):
    done = bench("--data", prepare_checkerboard(tmp_path).folder, *SMALL, "--json", "--curves")
    lines = lines_of(done)
    systems = ["ours", "pyg"] if "recbole is left out" in done.stderr else ["ours", "recbole", "pyg"]
    assert [line["system"] for line in lines] == systems
    for line in lines:
        assert list(line) == ["system", "epoch_cpu_s", "eval_cpu_s", "peak_mb", "ndcg20", "curve"]
        assert line["epoch_cpu_s"] > 0 and line["eval_cpu_s"] > 0 and line["peak_mb"] > 100
        seconds, ndcg = zip(*line["curve"], strict=True)
        assert len(ndcg) == EPOCHS and list(seconds) == sorted(set(seconds))
        assert line["ndcg20"] == max(ndcg) == 1.0  # so also that all vectors are in the order of the data


def test_people_read_a_table_without_the_curve(tmp_path):
    done = bench("--data", prepare_checkerboard(tmp_path).folder, *SMALL, "--systems", "ours")
    header, row = (line.split() for line in done.stdout.splitlines())
    assert header == ["system", "epoch_cpu_s", "eval_cpu_s", "peak_mb", "ndcg20"]
    assert (row[0], row[-1]) == ("ours", "1")


def test_what_is_best_on_validation_is_refitted_and_tested(tmp_path):
    words = ["--test", "--systems", "ours,pyg", "--learning-rates", "1e-7,0.05", "--patience", 4]
    lines = lines_of(bench("--data", prepare_checkerboard(tmp_path).folder, *SMALL, *words, "--json"))
    assert [line["system"] for line in lines] == ["ours", "pyg"]
    for line in lines:
        assert list(line) == ["system", "learning_rate", "epochs", "valid_ndcg20", "test_ndcg20"]
        assert line["learning_rate"] == 0.05 and 1 <= line["epochs"] <= EPOCHS
        assert line["valid_ndcg20"] == line["test_ndcg20"] == 1.0


def test_every_operator_is_measured(tmp_path):
    lines = lines_of(bench("--data", prepare_checkerboard(tmp_path).folder, "--operators", "--json"))
    assert [line["operator"] for line in lines] == list(OPERATORS)
    costs = {line["operator"]: line for line in lines}
    assert costs["lightgcn"]["times_lightgcn"] == 1
    base = costs["lightgcn"]["ns_per_edge"]
    for cost in costs.values():
        assert 0 < cost["ns_per_edge"] < math.inf
        assert cost["times_lightgcn"] == pytest.approx(cost["ns_per_edge"] / base)


def test_generated_graphs_have_the_size_asked_for():
    lines = lines_of(bench("--scale", "--interactions", "2000,4000", *SMALL, "--json"))
    assert [line["interactions"] for line in lines] == [2000, 4000]
    for line in lines:
        num_users, num_items = line["interactions"] // 20, line["interactions"] // 40
        assert num_users < line["nodes"] <= num_users + num_items  # all that drew an interaction
        assert line["epoch_cpu_s"] > 0 and line["ns_per_edge_and_step"] > 0 and line["peak_mb"] > 100


def test_evaluation_takes_less_memory_than_all_scores():
    words = ["--users", 1000, "--items", 100_000, "--byte-budget", 16, "--embedding-size", 8]
    (line,) = lines_of(bench("--evaluation", *words, "--json"))
    assert (line["users"], line["items"], line["byte_budget_mb"]) == (1000, 100_000, 16)
    assert line["added_mb"] < 100  # all of them are 400
    assert line["eval_cpu_s"] > 0


@pytest.mark.parametrize(
    "words", [["--systems", "annealing"], ["--systems", "ours,lightgcn-pytorch"], ["--scale", "--operators"]]
)
def test_what_is_not_there_is_a_mistake_of_the_user(words):
    done = bench(*words)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("bench_training: error: ")

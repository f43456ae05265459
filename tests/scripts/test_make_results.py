"""The script as it is called, on a folder whose figures are known."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gnas_ray.core import Measurement, Proposal
from gnas_ray.ledger import Ledger
from gnas_ray.records import new_folder
from gnas_ray.training.reports import BaselineReport, RetrainReport, SeedSpread, write_baselines
from tests.records.trials import EXPERIMENT_YAML, FINISHED, OBJECTIVE, OBJECTIVES, SPACE, STOPPED, Clock

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_results"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """25 trials: gat reaches .4 with one layer, lightgcn .3; one trial without a layer is the winner with .5."""
    monkeypatch.setenv("GNAS_RAY_HOME", str(tmp_path / "home"))
    pairs = "".join(f"{user},{(user + step) % 12}\n" for user in range(6) for step in range(10))
    (tmp_path / "pairs.csv").write_text(f"user_id,item_id\n{pairs}")
    found = new_folder(tmp_path / "runs" / "films")
    dataset = f"{{name: files, interactions: {tmp_path / 'pairs.csv'}}}"
    found.experiment.write_text(EXPERIMENT_YAML.replace("movielens-100k", dataset))
    found.events.write_text("".join(json.dumps({"time": time}) + "\n" for time in (0, 90, 600)))
    with Ledger.open(found.ledger, space=SPACE, name="films", objectives=OBJECTIVES, clock=Clock()) as ledger:
        tell(ledger, [0.5] * 9, FINISHED, {"num_layers": 0})
        for number in range(24):
            operator = ("gat", "lightgcn")[number % 2]
            tell(ledger, [0.3 + 0.1 * (operator == "gat")], STOPPED, {"num_layers": 1, "layer.0.operator": operator})
    RetrainReport({0: 9}, {OBJECTIVE: SeedSpread.of([0.61, 0.63, 0.65])}).write(found.retrain)
    baselines = [
        BaselineReport("ease", {"regularisation": 50.0}, 0.4, {OBJECTIVE: 0.6}, 1.0, 9),
        BaselineReport("popularity", {}, 0.1, {OBJECTIVE: 0.2}, 1.0, 1),
    ]
    write_baselines(found.baselines, baselines)
    return found.root


def tell(ledger, values, outcome, layers):
    hyperparameters = {"learning_rate": 0.01, "embedding_size": 64}
    spec = ledger.begin(Proposal({**layers, "loss": "bpr"}, "policy"), hyperparameters, seed=0)
    for epoch, value in enumerate(values, start=1):
        ledger.measure(spec.number, Measurement(epoch, {OBJECTIVE: value}))
    ledger.end(spec.number, outcome, 0.5)


def make_results(*folders):
    command = [sys.executable, str(SCRIPT), *map(str, folders)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_the_document_has_every_figure(folder):
    done = make_results(folder)
    assert done.returncode == 0, done.stderr
    lines = [[cell.strip() for cell in line[1:-1].split("|")] for line in done.stdout.splitlines()]
    assert ["films", "ndcg@20 0.6300 ± 0.0200", "ease 0.6000", "1.050", "25", "1"] in lines
    assert ["train", "6", "12", "48"] in lines
    assert ["trial 0 (winner)", "0.6300 ± 0.0200", "", "3 seeds, 9 epochs"] in lines
    assert ["ease", "0.6000", "1.050", "regularisation 50 (best of 9)"] in lines
    assert ["popularity", "0.2000", "3.150"] in [line[:3] for line in lines]
    assert "25 trials (24 stopped, 1 finished)" in done.stdout
    assert "10 from the first event to the last" in done.stdout
    assert "Compared at 1 epochs. The winner has 0.5000 there" in done.stdout
    layers = {line[1]: line[2:] for line in lines if len(line) == 8}
    assert layers["**0**"][:5] == ["1", "1", "0.5000", "0.5000", "0.5000 (1)"]
    assert layers["**0**"][5] == "as it is"
    assert layers["1"][:5] == ["24", "24", "0.4000", "0.3500", "0.4000 (24)"]
    # The winner has no layer, so no operator.
    assert layers["gat"] == ["12", "12", "0.4000", "0.4000", "-", "-"]
    assert f"gnas-ray search {folder / 'experiment.yaml'}" in done.stdout


def test_what_is_no_experiment_is_said(tmp_path):
    done = make_results(tmp_path)
    assert (done.returncode, "not an experiment's folder" in done.stderr) == (2, True)
    assert "Traceback" not in done.stderr

"""`gnas-ray show` on a real ledger."""

import json
import math
import re
from pathlib import Path

import pytest

from gnas_ray.cli import console
from gnas_ray.core import Constraint, Ending, Failure, Measurement, Objectives, Outcome
from gnas_ray.ledger import Ledger
from gnas_ray.records.folder import working_in
from tests.cli.test_app import gnas_ray
from tests.records.trials import EXPERIMENT_YAML, FINISHED, OBJECTIVE, SPACE, add, films_folder, new_ledger


def test_show_json_has_trials_best_first_and_the_incumbent(tmp_path: Path) -> None:
    code, out, err = gnas_ray("show", films_folder(tmp_path / "films").root, "--json")
    assert (code, err) == (0, "")
    shown = json.loads(out)
    assert set(shown) == {"trials", "incumbent", "front"}
    assert [trial["number"] for trial in shown["trials"]] == [3, 1, 4, 0, 5, 2]
    assert shown["incumbent"] == shown["trials"][0]
    assert shown["incumbent"]["objective"] == 0.31
    assert shown["front"] == [shown["incumbent"]]


def test_show_tells_the_front_and_why_the_winner_won(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = films_folder(tmp_path / "films")
    objectives = Objectives(OBJECTIVE, minimise=("epoch_seconds",), constraints=(Constraint.parse("loss <= 2"),))
    written = EXPERIMENT_YAML + "objective: {minimise: [epoch_seconds], constraints: [loss <= 2]}\n"
    folder.experiment.write_text(written, encoding="utf-8")
    folder.ledger.unlink()
    with Ledger.open(folder.ledger, space=SPACE, name="films", objectives=objectives) as ledger:
        for value, cost, loss in ((0.9, 1.0, 3.0), (0.3, 2.0, 1.0), (0.2, 1.0, 1.0), (0.1, 1.5, 1.0)):
            number = add(ledger, [], None)
            ledger.measure(number, Measurement(9, {OBJECTIVE: value, "epoch_seconds": cost, "loss": loss}))
            ledger.end(number, FINISHED, 0.5)
    _, out, _ = gnas_ray("show", folder.root)
    assert out.splitlines()[0].split()[3:7] == ["epochs", OBJECTIVE, "epoch_seconds", "loss"]
    assert [line.split()[1] for line in out.splitlines()[1:5]] == ["1", "2", "3", "0"]
    assert "front: trials 1, 2; the winner is trial 1: the highest ndcg@20 of those that keep loss <= 2" in out
    monkeypatch.setattr(console, "WIDTH_OF_FILES", 80)
    narrow = gnas_ray("show", folder.root)[1]
    assert narrow.splitlines()[0].split() == [*out.split()[:7], "architecture"] and "…" not in narrow
    shown = json.loads(gnas_ray("show", folder.root, "--json")[1])
    assert [row["number"] for row in shown["front"]] == [1, 2] and shown["incumbent"]["number"] == 1
    assert shown["trials"][3]["violation"] == 0.5


def explained_folder(root: Path) -> Path:
    """Forty trials, gat better than lightgcn and bpr alone; of the best trial's neighbours one was tried."""
    folder = films_folder(root)
    folder.ledger.unlink()
    with new_ledger(folder.ledger) as ledger:
        for number in range(40):
            operator = ("gat", "lightgcn", None)[number % 3]
            value = {"gat": 0.5, "lightgcn": 0.3, None: 0.2}[operator] + 0.001 * number
            add(ledger, [value] * 9, FINISHED, operator=operator)
    return folder.root


def test_show_tells_what_mattered(tmp_path: Path) -> None:
    out = gnas_ray("show", explained_folder(tmp_path / "films"), "-n", "1")[1]
    (line,) = [line for line in out.splitlines() if "what mattered" in line]
    assert line.startswith("what mattered (functional ANOVA of 40 trials): num_layers ")
    assert "--why: how the policy changed" in out and "lightgcn: " not in out
    few = gnas_ray("show", films_folder(tmp_path / "few").root)[1]
    assert "Importances need at least 20 trials at one rung; 4 reached the first, 1 epochs." in few


def test_show_why_tells_how_the_policy_changed_and_what_was_tried_beside_the_winner(tmp_path: Path) -> None:
    root = explained_folder(tmp_path / "films")
    code, out, err = gnas_ray("show", root, "--why")
    assert (code, err) == (0, "")
    assert "The policy, at first and at last" in out
    assert re.search(r"layer\.0\.operator +gat: 50% > [6-9]\d%, lightgcn: 50% > [1-3]?\d%", out)
    assert "One decision from trial 39 (0.5390)" in out
    assert re.search(r"layer\.0\.operator +gat +lightgcn +13 +37 +9 +0\.3370 +0\.3\d+ \(-0\.[12]", out)
    assert re.search(r"loss +bpr +full_softmax +0\.\d+ \(", out), "not tried, and predicted"
    shown = json.loads(gnas_ray("show", root, "--why", "--json")[1])
    assert list(shown["importances"])[:2] == ["num_layers", "layer.0.operator"]
    assert shown["origins"] == [{"name": "policy", "trials": 40, "picked": 0, "failed": 0, "good": 10, "best": 39}]
    policy = {change["decision"]: change for change in shown["policy"]}
    assert policy["layer.0.operator"]["first"] == {"lightgcn": 0.5, "gat": 0.5}
    assert policy["layer.0.operator"]["last"]["gat"] > 0.6
    near = {(n["decision"], n["option"]): n for n in shown["neighbours"]}
    assert near["layer.0.operator", "lightgcn"] == {
        "decision": "layer.0.operator",
        "instead_of": "gat",
        "option": "lightgcn",
        "trials": 13,
        "trial": 37,
        "state": "finished",
        "epochs": 9,
        "objective": pytest.approx(0.337),
        "predicted": {name: pytest.approx(0.3, abs=0.1) for name in ("mean", "low", "high")},
    }
    assert (near["loss", "full_softmax"]["trials"], near["loss", "full_softmax"]["state"]) == (0, None)
    assert shown["predicted_at"] == 9


def test_show_is_a_table_of_as_many_trials_as_asked(tmp_path: Path) -> None:
    root = films_folder(tmp_path / "films").root
    code, out, _ = gnas_ray("show", root, "-n", "2")
    assert code == 0
    assert [line.split()[:3] for line in out.splitlines()[1:3]] == [["1", "3", "finished"], ["2", "1", "finished"]]
    assert "4 more" in out
    assert "MemoryError: too big" in gnas_ray("show", root, "-n", "0")[1]
    assert [len(json.loads(gnas_ray("show", root, "--json", *n)[1])["trials"]) for n in ((), ("-n", "2"))] == [6, 2]
    code, out, err = gnas_ray("show", root, "--trial", "1", "--why")
    assert (code, out) == (2, "") and err == "--trial: 1 problem\n  does not go with --why\n"


def test_show_one_trial_in_full_with_why_it_failed(tmp_path: Path) -> None:
    root = films_folder(tmp_path / "films").root
    _, out, _ = gnas_ray("show", root, "--trial", "2")
    assert 'layer.0.operator: "gat"' in out
    assert "  3: 0.5" in out
    assert "failed, out_of_memory:\nTraceback" in out


def test_show_one_trial_as_json(tmp_path: Path) -> None:
    root = films_folder(tmp_path / "films").root
    code, out, err = gnas_ray("show", root, "--trial", "2", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "number": 2,
        "architecture": {"num_layers": 1, "layer.0.operator": "gat", "loss": "bpr"},
        "hyperparameters": {"learning_rate": 0.01, "embedding_size": 64},
        "seed": 7,
        "state": "failed",
        "origin": "policy",
        "ending": "failed",
        "failure": "out_of_memory",
        "detail": "Traceback\nMemoryError: too big",
        "measurements": [
            {"fidelity": epoch, "metrics": {OBJECTIVE: value, "epoch_seconds": 2.0}}
            for epoch, value in ((1, 0.3), (2, 0.4), (3, 0.5))
        ],
        "reward": None,
    }


def test_json_of_a_trial_that_runs_has_null_for_its_ending_and_for_nan(tmp_path: Path) -> None:
    folder = films_folder(tmp_path / "films")
    with new_ledger(folder.ledger) as ledger:
        number = add(ledger, [math.nan], None)
    _, out, _ = gnas_ray("show", folder.root, "--trial", str(number), "--json")
    shown = json.loads(out, parse_constant=pytest.fail)
    assert (shown["state"], shown["ending"], shown["failure"], shown["reward"]) == ("running", None, None, None)
    assert shown["measurements"] == [{"fidelity": 1, "metrics": {OBJECTIVE: None, "epoch_seconds": 2.0}}]


def test_show_tells_when_nobody_trains_what_is_open(tmp_path: Path) -> None:
    folder = films_folder(tmp_path / "films")
    told = f"no process is at work here; gnas-ray resume {folder.root} goes on with what is running\n"
    with working_in(folder.root):
        assert "no process" not in gnas_ray("show", folder.root)[1]
    assert told in gnas_ray("show", folder.root)[1]
    with new_ledger(folder.ledger) as ledger:
        for record in ledger.trials():
            if record.outcome is None:
                ledger.end(record.number, Outcome(Ending.STOPPED), None)
    assert "no process" not in gnas_ray("show", folder.root)[1]


def test_show_prints_a_failure_as_it_is_written(tmp_path: Path) -> None:
    folder = films_folder(tmp_path / "films")
    line = "RuntimeError: [enforce fail at alloc_cpu.cpp:117] no memory :x:"
    with new_ledger(folder.ledger) as ledger:
        add(ledger, [], Outcome(Ending.FAILED, Failure.EXCEPTION, line))
    assert line in gnas_ray("show", folder.root)[1]


def test_a_trial_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    code, _, err = gnas_ray("show", films_folder(tmp_path / "films").root, "--trial", "6")
    assert code == 2
    assert "trials are 0 to 5" in err

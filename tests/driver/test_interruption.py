"""The driver killed and interrupted in the middle of a search, and resumed, as a user would: through the shell."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gnas_ray.experiment import load_experiment
from gnas_ray.records.reading import read_ledger
from tests.driver.small_experiment import searched, write_small_experiment

pytestmark = pytest.mark.ray
TRIALS, EPOCHS = 5, 60
HEARING_CTRL_C = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("gnas_ray.cli", run_name="__main__")
"""
"""The command, though these tests run in the background, where programs start deaf to Ctrl-C."""


def gnas_ray(*words: str | Path, home: Path) -> subprocess.Popen[str]:
    """The command in a process of its own, on a Ray of its own."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
    return subprocess.Popen(
        [sys.executable, "-c", HEARING_CTRL_C, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "GNAS_RAY_HOME": str(home), "RAY_ADDRESS": "local"},
    )


def events(process: subprocess.Popen[str]) -> Iterator[dict]:
    for line in process.stdout:
        yield json.loads(line)


def wait_for_second_trial(process: subprocess.Popen[str]) -> dict:
    """Reads on until trial 0 has ended and trial 1 has measured ten epochs; trial 0's end."""
    ended = None
    for event in events(process):
        if event["event"] == "trial_ended":
            ended = event
        if ended and event["event"] == "trial_measured" and event["number"] == 1 and event["fidelity"] >= 10:
            return ended
    raise AssertionError(f"the search ended early: {process.stderr.read()}")


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    path = write_small_experiment(tmp_path, trials=TRIALS, epochs=EPOCHS)
    text = path.read_text().replace("reduction_factor: 3", "reduction_factor: 2")
    path.write_text(text.replace("grace_period: 3", f"grace_period: {EPOCHS}"))  # every trial runs to its end
    return path


def test_search_goes_on_after_kill_9_of_its_driver(experiment: Path, tmp_path: Path):
    folder = tmp_path / "run"
    first = gnas_ray("search", experiment, "--folder", folder, "--json", home=tmp_path)
    ended = wait_for_second_trial(first)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    _, ledger = read_ledger(folder)
    before = {record.number: record for record in ledger.trials()}
    assert before[0].outcome is not None and before[1].outcome is None

    second = gnas_ray("resume", folder, "--json", home=tmp_path)
    heard = list(events(second))
    assert second.wait() == 0, second.stderr.read()
    started = [event["number"] for event in heard if event["event"] == "trial_started"]
    assert started == [1, 2, 3, 4], "the finished trial isn't run again, the unfinished one goes first"
    fidelities = [e["fidelity"] for e in heard if e["event"] == "trial_measured" and e["number"] == 1]
    assert not any(event.get("failure") for event in heard)
    assert fidelities == list(range(before[1].fidelity + 1, EPOCHS + 1)), "it went on where the ledger ended"
    _, ledger = read_ledger(folder)
    after = ledger.trials()
    assert after[0] == before[0] and ended["reward"] == after[0].reward
    assert len(after) == TRIALS and {record.state for record in after} == {"finished"}
    assert [m.fidelity for m in after[1].measurements] == list(range(1, EPOCHS + 1)), "no epoch was lost"


def test_ctrl_c_stops_cleanly_and_prints_the_command_that_resumes(experiment: Path, tmp_path: Path):
    folder = tmp_path / "run"
    process = gnas_ray("search", experiment, "--folder", folder, "--json", home=tmp_path)
    wait_for_second_trial(process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"gnas-ray resume {folder}" in errors
    assert "Traceback" not in errors
    _, ledger = read_ledger(folder)
    assert [record.state for record in ledger.trials()] == ["finished", "running"]


def test_ctrl_c_while_retraining_says_what_is_kept(tmp_path: Path):
    changed = ["scheduler.grace_period=9", "baselines=[]"]
    experiment = load_experiment(write_small_experiment(tmp_path, trials=2, epochs=200), changed)
    folder = searched(experiment, tmp_path / "run").root
    process = gnas_ray("retrain", folder, "--seeds", "100", home=tmp_path)
    heard = []
    for line in process.stderr:
        heard.append(line)
        if "trainings done" in line:
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1, heard
    last = errors.splitlines()[-1]
    assert last.startswith("interrupted; what is trained is kept"), "what Ray says while it is left is not shown"
    assert "Traceback" not in errors and "WARNING" not in errors
    assert not (folder / "bundle").exists()

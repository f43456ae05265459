"""The whole command, as a user runs it: search, retrain, baselines, report, recommendations."""

import json
import re
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import ray.util.state
from typer.testing import CliRunner

import gnas_ray
from gnas_ray.cli.app import app
from gnas_ray.core import GnasRayError
from gnas_ray.data import fetch, find_home
from gnas_ray.driver.pipeline import run_search
from gnas_ray.driver.preparation import prepare_task
from gnas_ray.experiment import load_experiment
from gnas_ray.models.encoders import fetch_encoder
from gnas_ray.records.leaderboard import front, incumbent, leaderboard
from gnas_ray.records.reading import read_ledger
from gnas_ray.training import train
from gnas_ray.training.reports import RetrainReport
from tests.driver.small_experiment import write_small_experiment

pytestmark = pytest.mark.ray


def run(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.encoder
def test_quickstart_in_small_on_movielens_with_minilm(ray_cluster, tmp_path: Path):
    """Three trials for six epochs: every step is the real one."""
    try:
        fetch("movielens-100k", find_home())
        fetch_encoder("all-MiniLM-L6-v2", find_home())
    except GnasRayError as error:
        pytest.skip(f"the data or the encoder can't be had here: {error}")
    folder = tmp_path / "run"
    small = ["budget.trials=3", "scheduler.max_epochs=6", "scheduler.grace_period=6", "retrain.seeds=1"]
    small += ["baselines=[popularity, ease]", "resources.gpus_per_trial=0", "resources.concurrent_trials=1"]
    output = run("search", "quickstart.yaml", "--folder", folder, *(w for s in small for w in ("--set", s)))
    assert "ease" in output and "winner" in output

    shown = json.loads(run("show", folder, "--json"))
    assert len(shown["trials"]) == 3 and {trial["state"] for trial in shown["trials"]} == {"finished"}
    assert 0.25 < shown["incumbent"]["objective"] < 0.32
    retrained = json.loads(run("retrain", folder, "--seeds", 2, "--json"))
    assert 0.28 < retrained["metrics"]["ndcg@20"]["mean"] < 0.37
    assert len(retrained["metrics"]["ndcg@20"]["seeds"]) == 2
    assert 0.34 < retrained["baselines"]["ease"]["ndcg@20"] < 0.37
    assert 0.12 < retrained["baselines"]["popularity"]["ndcg@20"] < 0.17

    recommended = json.loads(run("recommend", folder, "--user", "196", "-k", "5", "--json"))
    items = [row["item"] for row in recommended]
    assert len(set(items)) == 5 and all(isinstance(item, int) for item in items)
    assert {"report.html", "trials.parquet", "measurements.parquet", "versions.json"} <= {
        p.name for p in folder.iterdir()
    }


def test_two_workers_a_trial_measure_what_one_does_and_several_objectives_with_a_constraint_are_compared(
    ray_cluster, tmp_path: Path
):
    overrides = ["resources.workers_per_trial=2", "baselines=[]", "retrain.seeds=1"]
    overrides += ["objective.minimise=[num_parameters]", "objective.constraints=[latency_ms <= 100000]"]
    experiment = load_experiment(write_small_experiment(tmp_path, trials=2, epochs=3), overrides)
    run_search(experiment, tmp_path / "run", listener=lambda event: None)
    _, ledger = read_ledger(tmp_path / "run")
    task = prepare_task(experiment, lambda event: None)
    for record in ledger.trials():
        alone = [measurement.metrics["loss"] for measurement in train(record.spec, task)]
        assert [m.metrics["loss"] for m in record.measurements] == pytest.approx(alone, rel=1e-4)
    assert ledger.num_trials == 2
    rows = leaderboard(ledger.trials(), objectives=ledger.objectives, rungs=experiment.rungs)
    assert all(row.others["latency_ms"] > 0 and row.violation == 0 for row in rows)
    best = incumbent(rows)
    assert best in front(rows) and min(rows, key=lambda row: row.others["num_parameters"]) in front(rows)
    assert RetrainReport.read(tmp_path / "run" / "retrain.json").epochs.keys() == {best.number}


def test_from_python_as_from_the_shell_and_seen_in_the_dashboard_and_in_rays_metrics(
    ray_cluster, tmp_path: Path, monkeypatch
):
    monkeypatch.chdir(tmp_path)  # the folder is named from here
    # Long enough for Ray's processes to tell of their tasks: they do so once a second, and not when they are killed.
    experiment = write_small_experiment(tmp_path, trials=2, epochs=250, name="seen")
    with exported_by(ray_cluster) as lines:
        overrides = ["scheduler.grace_period=250", "retrain.seeds=1", "tracking=[tensorboard]"]
        result = gnas_ray.search(experiment, overrides=overrides, folder=Path("runs/here"))
        wait_for_metric(lines, r'ray_gnas_ray_trials{(?=.*experiment="seen").*state="finished".*} 2\.0')
        for gauge in ("incumbent", "reward", "policy_entropy"):
            wait_for_metric(lines, rf'ray_gnas_ray_{gauge}{{.*experiment="seen".*}} -?\d')
    deadline = time.monotonic() + 60  # Ray's task table comes late on a busy machine
    while not is_told_step_by_step("seen"):
        assert time.monotonic() < deadline, steps_by_group("seen")
        time.sleep(1)
    assert (tmp_path / "runs" / "here" / "bundle" / "bundle.json").is_file()
    runs = [path.name for path in (tmp_path / "runs" / "here" / "tensorboard").iterdir()]
    assert sorted(runs) == ["search", "trial-0000", "trial-0001"]
    assert len(result.leaderboard) == 2
    assert result.incumbent.number == result.leaderboard[0].number
    assert [row.item_id for row in result.bundle.recommend("u1", k=3)]
    assert {row.name for row in result.final} >= {"popularity", "ease"}
    assert gnas_ray.resume("runs/here", quiet=True).leaderboard == result.leaderboard, "nothing is left to do"


def is_told_step_by_step(experiment: str) -> bool:
    """Whether Ray's task table has a trial's last epoch and its end."""
    return any(
        re.fullmatch(r"trial-000[01] fidelity 3", step) and f"{step.split()[0]} finished" in steps
        for steps in steps_by_group(experiment).values()
        for step in steps
    )


def steps_by_group(experiment: str) -> dict[str, set[str]]:
    """What each worker group of `experiment` did, by the group's name in Ray's task table."""
    address = ray.get_runtime_context().gcs_address
    tasks = {task.name for task in ray.util.state.list_tasks(address=address, limit=10_000)}
    assert f"TrialSlot({experiment}).train" in tasks
    groups = [found[1] for task in tasks if (found := re.fullmatch(rf"worker group ({experiment} .*) ready", task))]
    return {
        group: {task.removesuffix(f" ({group})") for task in tasks if task.endswith(f"({group})")} for group in groups
    }


@contextmanager
def exported_by(ray) -> Iterator[set[str]]:
    """All lines of ours that this node exports meanwhile: Ray forgets a gauge soon after it was last set (2.60)."""
    node, lines, is_over = ray.nodes()[0], set(), threading.Event()

    def listen() -> None:
        while not is_over.wait(1):
            exported: list[str] = []
            address = f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}"
            with suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:
                exported = answer.read().decode().splitlines()
            lines.update(line for line in exported if line.startswith("ray_gnas_ray"))

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        yield lines
    finally:
        is_over.set()
        listener.join()


def wait_for_metric(lines: set[str], pattern: str) -> None:
    """Until one of `lines` begins like `pattern`; Ray hands them over every ten seconds."""
    deadline = time.monotonic() + 60
    while not any(re.match(pattern, line) for line in sorted(lines)):
        assert time.monotonic() < deadline, f"no line matches {pattern} in\n" + "\n".join(sorted(lines))
        time.sleep(1)

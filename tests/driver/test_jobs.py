"""Searches submitted to a Ray that was started separately and demands a token."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gnas_ray.cli.app import app
from gnas_ray.driver.final import baselines_done
from gnas_ray.driver.jobs import JobError, find_token, list_jobs, status
from gnas_ray.records.folder import open_folder
from gnas_ray.records.reading import read_ledger
from tests.driver.small_experiment import write_small_experiment

pytestmark = pytest.mark.ray
TOKEN = "0123456789abcdef" * 2


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:  # all open until all are known, so that they differ
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard's address of a cluster of two CPUs."""
    folder = tempfile.mkdtemp(prefix="gnas_ray_", dir="/tmp")  # Ray's sockets need a short path
    port, agent_port = free_ports(2)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
    environment |= {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": TOKEN,
        "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0",  # nothing is left to wait for
        "GNAS_RAY_HOME": str(tmp_path_factory.mktemp("home")),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    words = f"start --head --block --port=0 --num-cpus=2 --dashboard-port={port} --temp-dir={folder}"
    words += f" --dashboard-agent-listen-port={agent_port}"  # the other tests' Ray has the usual one
    said = tmp_path_factory.mktemp("head") / "output"
    with said.open("w") as output:
        cluster = subprocess.Popen(
            [sys.executable, "-m", "ray.scripts.scripts", *words.split(), "--disable-usage-stats"],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("RAY_AUTH_TOKEN", TOKEN)
            patch.delenv("RAY_AUTH_MODE", raising=False)
            assert is_up(address), f"no job server at {address}: {said.read_text()}"
        yield address
    finally:
        os.killpg(cluster.pid, signal.SIGTERM)
        cluster.wait()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)


def is_up(address: str) -> bool:
    for _ in range(60):
        try:
            list_jobs(address)
            return True
        except JobError:
            time.sleep(1)
    return False


def test_a_submitted_search_runs_to_its_report(head: str, token: None, tmp_path: Path):
    experiment = write_small_experiment(tmp_path, trials=2, epochs=3)
    experiment.write_text(experiment.read_text().replace("- ease", ""))
    folder = tmp_path / "run"
    run = CliRunner()
    submitted = run.invoke(app, ["submit", str(experiment), "--address", head, "--folder", str(folder)])
    assert submitted.exit_code == 0, submitted.output
    job_id = re.search(r"raysubmit_\w+", submitted.output).group()
    followed = run.invoke(app, ["logs", job_id, "-f", "--address", head])
    assert followed.exit_code == 0 and status(job_id, address=head).state == "SUCCEEDED", followed.output
    assert "2 of 2 trials ended" in followed.output
    assert job_id in run.invoke(app, ["jobs", "--address", head]).output
    assert "SUCCEEDED" in run.invoke(app, ["status", job_id, "--address", head]).output
    _, ledger = read_ledger(folder)
    assert ledger.num_trials == 2
    assert (folder / "report.html").is_file() and (folder / "bundle" / "bundle.json").is_file()
    assert baselines_done(open_folder(folder)).keys() == {"popularity"}
    more = ["submit", "--resume", str(folder), "--set", "baselines=[popularity, ease]", "--address", head]
    resumed = re.search(r"raysubmit_\w+", run.invoke(app, more).output).group()
    followed = run.invoke(app, ["logs", resumed, "-f", "--address", head])
    assert status(resumed, address=head).state == "SUCCEEDED", followed.output
    assert baselines_done(open_folder(folder)).keys() == {"popularity", "ease"}


def test_no_such_job_is_told_in_words(head: str, token: None):
    for words in (["status", "raysubmit_none"], ["logs", "raysubmit_none"], ["logs", "raysubmit_none", "-f"]):
        result = CliRunner().invoke(app, [*words, "--address", head])
        assert result.exit_code == 1 and "raysubmit_none does not exist" in result.stderr, words


def test_a_job_is_stopped(head: str, token: None, tmp_path: Path):
    experiment = write_small_experiment(tmp_path, trials=500, epochs=50, name="long")
    run = CliRunner()
    folder = tmp_path / "run"
    submitted = run.invoke(app, ["submit", str(experiment), "--address", head, "--folder", str(folder)])
    job_id = re.search(r"raysubmit_\w+", submitted.output).group()
    deadline = time.monotonic() + 120
    while not has_measured(folder) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert run.invoke(app, ["stop", job_id, "--address", head]).exit_code == 0
    deadline = time.monotonic() + 60
    while (state := status(job_id, address=head).state) not in ("STOPPED", "FAILED") and time.monotonic() < deadline:
        time.sleep(0.5)
    assert state == "STOPPED"
    followed = run.invoke(app, ["logs", job_id, "-f", "--address", head])
    assert followed.exit_code == 1 and "STOPPED" in followed.stderr
    assert read_ledger(folder)[1].trial(0).measurements


def has_measured(folder: Path) -> bool:
    events = folder / "events.jsonl"
    return events.is_file() and "trial_measured" in events.read_text()


def test_the_address_that_is_given_wins_over_those_of_the_environment(
    head: str, token: None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("RAY_API_SERVER_ADDRESS", "http://127.0.0.1:1")
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:2")
    assert list_jobs(head) is not None
    assert os.environ["RAY_API_SERVER_ADDRESS"] == "http://127.0.0.1:1"


def test_a_wrong_token_is_refused_with_what_to_do(head: str, token: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RAY_AUTH_TOKEN", "f" * 32)
    with pytest.raises(JobError, match="RAY_AUTH_TOKEN_PATH"):
        list_jobs(head)


def test_nobody_there_is_told(token: None):
    with pytest.raises(JobError, match=r"127\.0\.0\.1"):
        status("raysubmit_none", address=f"http://127.0.0.1:{free_ports(1)[0]}")


def test_the_token_is_found_where_ray_looks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_token() is None
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text("at home\n")
    assert find_token() == "at home"
    (tmp_path / "elsewhere").write_text("elsewhere\n")
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(tmp_path / "elsewhere"))
    assert find_token() == "elsewhere"
    monkeypatch.setenv("RAY_AUTH_TOKEN", "given")
    assert find_token() == "given"
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    assert find_token() is None

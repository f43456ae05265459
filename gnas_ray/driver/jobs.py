"""Search jobs on a remote Ray cluster, through Ray's Jobs API."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ray.job_submission import JobDetails, JobSubmissionClient

import gnas_ray
from gnas_ray.core import GnasRayError, Problem, UsageError
from gnas_ray.experiment import Experiment

DEFAULT_ADDRESS = "http://127.0.0.1:8265"
READY_SECONDS = 60.0
"""How long a new cluster may take until it takes jobs."""


class JobError(GnasRayError):
    """The cluster's job server could not be reached, or refused; the text says what to try."""


@dataclass(frozen=True)
class Job:
    """One search job as the cluster knows it.

    Attributes:
        job_id: Names it in `status`, `logs` and `stop`.
        state: PENDING, RUNNING, SUCCEEDED, FAILED or STOPPED.
        experiment: The experiment's name.
        message: The cluster's words on the state.
        started: Unix seconds; None before it started.
        ended: Unix seconds; None before it ended.
    """

    job_id: str
    state: str
    experiment: str
    message: str
    started: float | None
    ended: float | None


def submit(experiment: Experiment, *, address: str, folder: str | None = None, ship_code: bool = True) -> str:
    """Sends a search to the cluster and returns the job's id at once.

    Args:
        experiment: What to search; its files (data, encoders) must be readable on the cluster under their paths.
        address: Of the cluster's dashboard, e.g. ``http://HEAD:8265``.
        folder: The experiment's folder, seen by every node; by default ``~/gnas_ray/runs/NAME`` there.
        ship_code: Send this gnas_ray along, so that the cluster needs its dependencies only.

    Raises:
        UsageError: The folder is relative to a folder that ends with the job.
        JobError: The cluster can't be reached, or demands a token that is missing or wrong.
    """
    where = _place(folder or f"~/gnas_ray/runs/{experiment.name}")
    command = f"python -m gnas_ray.cli search experiment.yaml --folder {where}"
    return _send(command, experiment.name, experiment, address=address, ship_code=ship_code)


def submit_resume(folder: str, *, address: str, overrides: Sequence[str] = (), ship_code: bool = True) -> str:
    """Has the cluster go on with the search in `folder`, which is one of its own; the job's id.

    Args:
        folder: As it was given to `submit`.
        address: Of the cluster's dashboard.
        overrides: What a resumed search may change, e.g. ``["budget.trials=200"]``.
        ship_code: As of `submit`.

    Raises:
        UsageError: As `submit`.
        JobError: As `submit`.
    """
    changes = "".join(f" --set {shlex.quote(override)}" for override in overrides)
    command = f"python -m gnas_ray.cli resume {_place(folder)}{changes}"
    return _send(command, PurePosixPath(folder).name, None, address=address, ship_code=ship_code)


def _send(command: str, name: str, experiment: Experiment | None, *, address: str, ship_code: bool) -> str:
    """The id of a job that runs `command`, with `experiment` as ``experiment.yaml`` in its working directory."""
    with _job_errors(address), tempfile.TemporaryDirectory() as scratch:
        runtime_env: dict[str, object] = {}
        if experiment is not None:
            working_dir = Path(scratch) / "experiment"
            working_dir.mkdir()
            (working_dir / "experiment.yaml").write_text(experiment.to_yaml(), encoding="utf-8")
            runtime_env["working_dir"] = str(working_dir)
        if ship_code:
            runtime_env["py_modules"] = [str(_package_copy(Path(scratch)))]
        return _submit_when_ready(_client(address), command, runtime_env, {"experiment": name})


def _submit_when_ready(
    client: JobSubmissionClient, command: str, runtime_env: dict[str, object], metadata: dict[str, str]
) -> str:
    """The job's id. A cluster that has just started answers before it has an agent to take jobs: we try again."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            job_id: str = client.submit_job(entrypoint=command, runtime_env=runtime_env, metadata=metadata)
            return job_id
        except RuntimeError as error:
            if "No available agent" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(1)


def list_jobs(address: str) -> tuple[Job, ...]:
    """All jobs that this product submitted, newest first."""
    with _job_errors(address):
        details = [d for d in _client(address).list_jobs() if "experiment" in (d.metadata or {})]
    return tuple(sorted(map(_job, details), key=lambda job: job.started or float("inf"), reverse=True))


def status(job_id: str, *, address: str) -> Job:
    """One job's state."""
    with _job_errors(address):
        return _job(_client(address).get_job_info(job_id))


def ended(job_id: str, *, address: str) -> Job:
    """The job, once it has ended: its output does a moment before."""
    while (job := status(job_id, address=address)).state in ("PENDING", "RUNNING"):
        time.sleep(0.5)
    return job


def logs(job_id: str, *, address: str, follow: bool = False) -> Iterator[str]:
    """The job's output in pieces; with `follow`, as it comes until the job ends."""
    with _job_errors(address):
        client = _client(address)
        if not follow:
            yield client.get_job_logs(job_id)
            return
        client.get_job_info(job_id)  # says it in words where there is no such job
        tail = client.tail_job_logs(job_id)
        with asyncio.Runner() as runner:
            while (piece := runner.run(anext(tail, None))) is not None:
                yield piece


def stop(job_id: str, *, address: str) -> bool:
    """Asks the job to stop; whether it was still running."""
    with _job_errors(address):
        return bool(_client(address).stop_job(job_id))


_ADDRESS_VARIABLE = "RAY_API_SERVER_ADDRESS"


def _client(address: str) -> JobSubmissionClient:
    token = find_token()
    with _environment(_ADDRESS_VARIABLE, address):  # or RAY_ADDRESS; Ray goes by them whatever it is given (2.60)
        return JobSubmissionClient(address, headers={"Authorization": f"Bearer {token}"} if token else None)


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before


def find_token() -> str | None:
    """The cluster's token, from where Ray looks for it; None with ``RAY_AUTH_MODE=disabled`` or without one.

    Ray's own client sends a token only where ``RAY_AUTH_MODE=token`` was set before Ray was imported (2.60);
    a token on this machine is enough for us.
    """
    if os.environ.get("RAY_AUTH_MODE", "").lower() == "disabled":
        return None
    if token := os.environ.get("RAY_AUTH_TOKEN"):
        return token.strip()
    path = Path(os.environ.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token")
    return path.read_text(encoding="utf-8").strip() if path.is_file() else None


def _job(details: JobDetails) -> Job:
    def seconds(milliseconds: int | None) -> float | None:
        return milliseconds / 1000 if milliseconds else None

    return Job(
        job_id=details.submission_id or details.job_id,
        state=details.status.value,
        experiment=(details.metadata or {}).get("experiment", ""),
        message=details.message or "",
        started=seconds(details.start_time),
        ended=seconds(details.end_time),
    )


def _package_copy(scratch: Path) -> Path:
    """The package, without caches, for Ray to upload; the experiment that is sent needs no other file."""
    target = scratch / "code" / "gnas_ray"
    shutil.copytree(Path(gnas_ray.__file__).parent, target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def _place(folder: str) -> str:
    """A folder of the cluster in its shell's words: quoted, but with a leading ``~`` left for it to expand."""
    if folder.startswith("~/"):
        return "~/" + shlex.quote(folder[2:])
    if folder.startswith("/"):
        return shlex.quote(folder)
    what = f"on the cluster {folder!r} would be inside the job's own folder, which ends with it; wanted /... or ~/..."
    raise UsageError("--folder", [Problem("", what)])


@contextmanager
def _job_errors(address: str) -> Iterator[None]:
    import aiohttp
    import requests
    from ray.exceptions import AuthenticationError

    try:
        yield
    except AuthenticationError as error:
        raise JobError(
            f"{address} demands a token: set RAY_AUTH_TOKEN, or RAY_AUTH_TOKEN_PATH, or put it into "
            f"~/.ray/auth_token (`ray get-auth-token` prints it on the cluster). It said: {error}"
        ) from error
    except requests.JSONDecodeError as error:
        raise JobError(f"{address} answers, but not as a Ray dashboard does") from error
    except (ConnectionError, RuntimeError, ValueError, requests.RequestException, aiohttp.ClientError) as error:
        raise JobError(f"{address}: {error}") from error

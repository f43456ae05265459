"""``gnas-ray submit``, ``jobs``, ``status``, ``logs`` and ``stop``: searches on a remote Ray cluster."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from gnas_ray.cli.options import DEFAULT_ADDRESS, EXPERIMENT, Address, AsJson, Overrides

if TYPE_CHECKING:
    from gnas_ray.driver.jobs import Job

JobId = Annotated[str, typer.Argument(metavar="ID", help="The job's id, as `gnas-ray jobs` lists it.")]


def submit(
    experiment: Annotated[str | None, EXPERIMENT] = None,
    address: Address = DEFAULT_ADDRESS,
    overrides: Overrides = None,
    folder: Annotated[
        str | None, typer.Option(help="The experiment's folder on the cluster; by default ~/gnas_ray/runs/NAME there.")
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER", help="Go on with the search in this folder of the cluster instead, as `gnas-ray resume`."
        ),
    ] = None,
) -> None:
    """Send a search to a Ray cluster, or have it go on with one.

    Returns at once and prints the job's id.

    \b
    Examples:
      gnas-ray submit search_spaces/quickstart.yaml --address http://HEAD:8265 --folder /shared/runs/quick
      gnas-ray submit --resume /shared/runs/quick --set budget.trials=64 --address http://HEAD:8265
    """  # noqa: D301
    from gnas_ray.core import Problem, UsageError
    from gnas_ray.driver import jobs

    if experiment is not None and resume is None:
        from gnas_ray.training.vocabulary import load_for_training

        job_id = jobs.submit(load_for_training(experiment, overrides or ()), address=address, folder=folder)
    elif resume is not None and experiment is None and folder is None:
        job_id = jobs.submit_resume(resume, address=address, overrides=overrides or ())
    else:
        raise UsageError("submit", [Problem("", "wanted an EXPERIMENT, perhaps with --folder, or --resume FOLDER")])
    print(job_id)
    typer.echo(f"follow it: gnas-ray logs {job_id} -f --address {address}", err=True)


def list_all(address: Address = DEFAULT_ADDRESS, as_json: AsJson = False) -> None:
    """List the searches on a Ray cluster.

    Newest first.

    \b
    Example:
      gnas-ray jobs --address http://HEAD:8265
    """  # noqa: D301
    from gnas_ray.driver import jobs

    found = jobs.list_jobs(address)
    print(json.dumps([asdict(job) for job in found]) if as_json else "\n".join(map(_line, found)) or "no jobs")


def status(job_id: JobId, address: Address = DEFAULT_ADDRESS, as_json: AsJson = False) -> None:
    """Show one job's state.

    \b
    Example:
      gnas-ray status raysubmit_x7 --address http://HEAD:8265
    """  # noqa: D301
    from gnas_ray.driver import jobs

    job = jobs.status(job_id, address=address)
    print(json.dumps(asdict(job)) if as_json else f"{_line(job)}\n{job.message}".strip())


def logs(
    job_id: JobId,
    address: Address = DEFAULT_ADDRESS,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the job ends.")] = False,
) -> None:
    """Print what a job wrote. With -f the exit code is 1 where the job ended otherwise than it should.

    \b
    Example:
      gnas-ray logs raysubmit_x7 -f --address http://HEAD:8265
    """  # noqa: D301
    from gnas_ray.driver import jobs

    for piece in jobs.logs(job_id, address=address, follow=follow):
        print(piece, end="", flush=True)
    if follow and (job := jobs.ended(job_id, address=address)).state != "SUCCEEDED":
        print(f"{_line(job)}\n{job.message}".strip(), file=sys.stderr)
        raise typer.Exit(1)


def stop(job_id: JobId, address: Address = DEFAULT_ADDRESS) -> None:
    """Stop a job.

    Its trials stay in its ledger, and `gnas-ray submit --resume` goes on with it.

    \b
    Example:
      gnas-ray stop raysubmit_x7 --address http://HEAD:8265
    """  # noqa: D301
    from gnas_ray.driver import jobs

    print("stopping" if jobs.stop(job_id, address=address) else "it was not running")


def _line(job: Job) -> str:
    started = time.strftime("%Y-%m-%d %H:%M", time.localtime(job.started)) if job.started else "not started"
    return f"{job.job_id}  {job.state:<9}  {started}  {job.experiment}"

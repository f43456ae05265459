"""Reaching a Ray cluster and finding out how many trials it can run at once."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass

import ray

from gnas_ray.core import Problem, UsageError
from gnas_ray.driver.worker_group import GroupResources

QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # the ledger is the record
    "TUNE_DISABLE_AUTO_CALLBACK_SYNCER": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # ours, so that one Ctrl-C ends the whole command
    "TUNE_WARN_SLOW_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "3600",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
"""Settings of Ray's own that keep it quiet and lean; whatever the user has set wins."""


def connect(*, num_cpus: float | None = None, num_gpus: float | None = None) -> str:
    """Connects to the cluster of `RAY_ADDRESS`, to one started on this machine, or to a new local one.

    An existing connection is used as it is. It lasts until the process ends, so that the steps of one command share
    it: a local Ray takes seconds to start.

    Returns:
        The dashboard's address, "" where there is none.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    if not ray.is_initialized():
        # The raylet's words on lost workers are printed to stdout even without `log_to_driver` (2.60), into the lines
        # of JSON that a program reads; the ledger has what matters of them.
        ray._private.worker._worker_logs_enabled = False
    context = ray.init(
        num_cpus=num_cpus,
        num_gpus=num_gpus,
        ignore_reinit_error=True,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    for name in ("ray.tune", "ray.train", "ray.air"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return f"http://{context.dashboard_url}" if context.dashboard_url else ""


@dataclass(frozen=True)
class Placement:
    """How the cluster is shared out among trials."""

    group: GroupResources
    concurrent_trials: int


def plan_placement(*, concurrent_trials: int | None, num_workers: int, cpus: float, gpus: float | None) -> Placement:
    """What each trial takes and how many fit.

    Args:
        concurrent_trials: The user's wish; None takes as many as fit.
        num_workers: Processes a trial.
        cpus: CPUs a process.
        gpus: GPUs a process; None takes one where the cluster has any.

    Raises:
        UsageError: Not even one trial fits the cluster.
    """
    have = ray.cluster_resources()
    if gpus is None:
        gpus = 1.0 if have.get("GPU", 0) else 0.0
    group = GroupResources(num_workers, cpus, gpus)
    wants = {"CPU": cpus * num_workers, "GPU": gpus * num_workers}
    fits = min(int(have.get(kind, 0) / amount + 1e-9) for kind, amount in wants.items() if amount > 0)
    if fits < 1:
        got = ", ".join(f"{have.get(kind, 0):g} {kind}" for kind in wants)
        needed = ", ".join(f"{amount:g} {kind}" for kind, amount in wants.items() if amount)
        raise UsageError("resources", [Problem("", f"one trial needs {needed}; the cluster has {got}")])
    return Placement(group, min(fits, concurrent_trials or fits))

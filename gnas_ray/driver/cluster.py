"""Reaching a Ray cluster and finding out how many trials it can run at once."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass

import ray

from gnas_ray.core import GnasRayError, Problem, UsageError
from gnas_ray.driver.worker_group import GroupResources

QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # the ledger is the record
    "TUNE_DISABLE_AUTO_CALLBACK_SYNCER": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # ours, so that one Ctrl-C ends the whole command
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000000",  # Tune's own record of all trials, which nobody reads
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

    Raises:
        GnasRayError: Ray can't join the cluster of `RAY_ADDRESS`.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    if not ray.is_initialized():
        # The raylet's words on lost workers are printed to stdout even without `log_to_driver` (2.60), into the lines
        # of JSON that a program reads; the ledger has what matters of them.
        ray._private.worker._worker_logs_enabled = False
    try:
        context = ray.init(
            num_cpus=num_cpus,
            num_gpus=num_gpus,
            ignore_reinit_error=True,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        address = os.environ.get("RAY_ADDRESS")
        if not address or address == "local":
            raise
        raise GnasRayError(f"RAY_ADDRESS is {address}, and Ray can't join it: {error}") from error
    for name in ("ray.tune", "ray.train", "ray.air"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return f"http://{context.dashboard_url}" if context.dashboard_url else ""


@dataclass(frozen=True)
class Placement:
    """How the cluster is shared out among trials."""

    group: GroupResources
    concurrent_trials: int


def plan_placement(*, concurrent_trials: int | None, num_workers: int, cpus: float, gpus: float | None) -> Placement:
    """What each trial takes and how many fit. A process is on one node, and its share of a GPU on one GPU.

    Args:
        concurrent_trials: The user's wish; None takes as many as fit.
        num_workers: Processes a trial.
        cpus: CPUs a process.
        gpus: GPUs a process; None takes one where the cluster has any.

    Raises:
        UsageError: Not even one trial fits the cluster's nodes.
    """
    have = ray.cluster_resources()
    if gpus is None:
        gpus = 1.0 if have.get("GPU", 0) else 0.0
    group = GroupResources(num_workers, cpus, gpus)
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    fits = sum(num_processes(group, node) for node in nodes) // num_workers
    if fits < 1:
        needed = ", ".join(f"{amount:g} {kind}" for kind, amount in (("CPU", cpus), ("GPU", gpus)) if amount)
        got = "; ".join(dict.fromkeys(f"{node.get('CPU', 0):g} CPU, {node.get('GPU', 0):g} GPU" for node in nodes))
        what = f"one trial needs {num_workers} x ({needed}), each on one node; the nodes have {got}"
        raise UsageError("resources", [Problem("", what)])
    return Placement(group, min(fits, concurrent_trials or fits))


def num_processes(group: GroupResources, node: Mapping[str, float]) -> int:
    """How many of the group's processes fit the node at once."""
    by_cpu = int(node.get("CPU", 0) / group.cpus + 1e-9) if group.cpus else math.inf
    gpus = node.get("GPU", 0)
    if not group.gpus:
        by_gpu = math.inf
    elif group.gpus < 1:
        by_gpu = int(gpus) * int(1 / group.gpus + 1e-9)
    else:
        by_gpu = int(gpus / group.gpus + 1e-9)
    return int(min(by_cpu, by_gpu))

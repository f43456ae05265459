"""A whole search, from an experiment to a full ledger."""

from __future__ import annotations

import shutil
from collections import deque
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gnas_ray.core import TrialSpec
from gnas_ray.core.events import Event, Listener, PhaseStarted, TrialEnded
from gnas_ray.driver.cluster import Placement, connect, plan_placement
from gnas_ray.driver.endings import end_what_is_left, tell_of
from gnas_ray.driver.limits import check_of, cluster_has_gpu
from gnas_ray.driver.preparation import prepare_again
from gnas_ray.driver.telemetry import Telemetry
from gnas_ray.driver.tune_run import TuneRun
from gnas_ray.driver.warm_start import read_kept
from gnas_ray.driver.work import TrainTrials, pack
from gnas_ray.experiment import Experiment
from gnas_ray.ledger import TrialRecord
from gnas_ray.records.events import tell_all
from gnas_ray.records.folder import ExperimentFolder
from gnas_ray.search.assemble import open_session
from gnas_ray.search.session import SearchSession
from gnas_ray.training.isomorphism import recommender_isomorphism


def search(experiment: Experiment, folder: Path, *, listener: Listener) -> None:
    """Runs the experiment's trials, or those that are left: the folder's ledger says what was done.

    Args:
        experiment: What to search.
        folder: The experiment's folder, on storage that all nodes of the cluster see.
        listener: Hears every event.

    Raises:
        UsageError: Data or resources don't fit, or the data changed since the search began.
        SearchInterruptedError: Ctrl-C.
    """
    files = ExperimentFolder(folder.resolve())  # workers have a working directory of their own
    task = prepare_again(experiment, files, listener)
    cluster = cache(lambda: _join_cluster(experiment, listener))  # Ray starts when it is needed
    if not files.ledger.exists():
        cluster()  # what can't run leaves no ledger

    def has_gpu() -> bool:
        cluster()
        return cluster_has_gpu()

    session = open_session(
        experiment,
        files.ledger,
        isomorphism=recommender_isomorphism(experiment.search_space),
        check=check_of(experiment, task, has_gpu=has_gpu),
        warm_start=read_kept(experiment, files),
    )
    with session:
        for number in session.settled:
            tell_of(session, number, listener)
        end_what_is_left(session, listener)  # killed, and resumed with its time spent or nothing left to do
        if not session.is_over:
            _run(experiment, session, files, cluster(), work=TrainTrials(task), listener=listener)
            if reason := session.why_unspent():
                listener(PhaseStarted("trials of the budget are left:", reason))
        for record in session.ledger.trials():  # no group writes any more
            if record.outcome is not None:
                _forget(files, record)


@dataclass(frozen=True)
class _Cluster:
    """Ray as the experiment uses it; `dashboard` is "" where there is none."""

    dashboard: str
    placement: Placement


def _join_cluster(experiment: Experiment, listener: Listener) -> _Cluster:
    listener(PhaseStarted("starting Ray"))
    dashboard = connect()
    return _Cluster(dashboard, placement_of(experiment))


def _run(
    experiment: Experiment,
    session: SearchSession,
    files: ExperimentFolder,
    cluster: _Cluster,
    *,
    work: TrainTrials,
    listener: Listener,
) -> None:
    listener(PhaseStarted("searching", f"dashboard {cluster.dashboard}" if cluster.dashboard else ""))

    def payload_of(spec: TrialSpec) -> dict[str, object]:
        return pack(spec, files.checkpoints / spec.name)

    placement = cluster.placement
    run = TuneRun(
        name=experiment.name,
        folder=files.root,
        placement=placement,
        work=work,
        payload_of=payload_of,
    )
    forget = forget_ended(session, files, lag=2 * placement.concurrent_trials)
    run.run(session, tell_all(listener, Telemetry(experiment.name), forget))


def forget_ended(session: SearchSession, files: ExperimentFolder, *, lag: int) -> Listener:
    """Deletes checkpoints of trials that ended, but not of the last so many: a stopped one's group may yet write."""
    ended: deque[int] = deque()

    def hear(event: Event) -> None:
        if isinstance(event, TrialEnded):
            ended.append(event.number)
        while len(ended) > lag:
            _forget(files, session.ledger.trial(ended.popleft()))

    return hear


def _forget(files: ExperimentFolder, record: TrialRecord) -> None:
    shutil.rmtree(files.checkpoints / record.spec.name, ignore_errors=True)


def placement_of(experiment: Experiment) -> Placement:
    """What the experiment's trials take of the connected cluster, and how many fit."""
    wanted = experiment.resources
    return plan_placement(
        concurrent_trials=wanted.concurrent_trials,
        num_workers=wanted.workers_per_trial,
        cpus=wanted.cpus_per_trial,
        gpus=None if wanted.gpus_per_trial == "auto" else wanted.gpus_per_trial,
    )

"""The whole way: search, retrain the winner, test the baselines, write the report.

Both the command line and `gnas_ray.search` come through here. Ray and torch are loaded by the steps that need them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from gnas_ray.core import GnasRayError, Problem, UsageError
from gnas_ray.core.events import Listener, PhaseStarted
from gnas_ray.core.files import write_whole
from gnas_ray.driver.final import baselines_done, final_rows, retrained, robustness_found, robustness_rows
from gnas_ray.driver.warm_start import gather, read_kept, tell_of
from gnas_ray.experiment import Experiment, load_experiment
from gnas_ray.records.events import event_file, tell_all
from gnas_ray.records.final import FinalRow
from gnas_ray.records.folder import ExperimentFolder, new_folder, open_folder, working_in
from gnas_ray.records.robustness import RobustnessRow
from gnas_ray.records.tracking import tracking
from gnas_ray.records.versions import note_versions, read_versions
from gnas_ray.training.reports import RetrainReport, write_baselines

if TYPE_CHECKING:
    from gnas_ray.ledger import Ledger
    from gnas_ray.records.findings import Findings

CHANGEABLE = ("budget", "resources", "retrain", "baselines", "tracking")
"""Sections that a resumed search may change: the others decide what its ledger means."""


class InterruptedRunError(GnasRayError):
    """Ctrl-C before or after the search itself, which has its own; the text says how to go on."""


@dataclass(frozen=True)
class Finished:
    """What the last step left.

    Attributes:
        final: Winner and baselines on the test part.
        robustness: The same on disturbed data; empty where the experiment doesn't ask for it.
    """

    folder: ExperimentFolder
    objective: str
    final: tuple[FinalRow, ...]
    robustness: tuple[RobustnessRow, ...]


def run_search(experiment: Experiment, root: Path, *, listener: Listener) -> Finished:
    """Everything, in a new folder.

    Raises:
        UsageError: An experiment is in `root` already, another process is at work there, or there is no experiment
            where it was to start from.
        GnasRayError: A step could not be done; what was done before it stays, and `resume_search` goes on.
    """
    found = gather(experiment)
    with working_in(root):
        folder = new_folder(root)
        for left in (folder.inputs, folder.earlier, folder.versions):  # by a search that never began
            left.unlink(missing_ok=True)
        if experiment.warm_start:
            write_whole(folder.earlier, found.to_json())
            tell_of(found, _heard(folder, listener))
        write_whole(folder.experiment, experiment.to_yaml())
        return _run(experiment, folder, listener)


def reopen(root: Path, overrides: Sequence[str] = ()) -> Experiment:
    """The experiment in `root` as run, with what a resumed search may change.

    Raises:
        UsageError: It is no experiment's folder, or an override would change what its ledger means.
    """
    folder = open_folder(root)
    refused = [override for override in overrides if override.split(".")[0].split("=")[0] not in CHANGEABLE]
    if refused:
        what = f"a search that has begun can change {', '.join(CHANGEABLE)} only; start another for this"
        raise UsageError(str(root), [Problem(f"--set {override}", what) for override in refused])
    return load_experiment(folder.experiment, overrides)


def resume_search(root: Path, experiment: Experiment, *, listener: Listener) -> Finished:
    """Everything that is left to do in `root`, where `experiment` is what `reopen` gave.

    Raises:
        UsageError: Another process is at work there, or the data or an encoder changed since the search began.
        GnasRayError: As `run_search`.
    """
    folder = open_folder(root)
    with working_in(root):
        write_whole(folder.experiment, experiment.to_yaml())
        return _run(experiment, folder, listener)


def retrain_again(
    root: Path, *, trial: int | None, seeds: int | None, ensemble: int | None, listener: Listener
) -> Finished:
    """Retrains a trial (the winner where None), tests the baselines that were not tested yet, and reports.

    Args:
        root: The experiment's folder.
        trial: Its number.
        seeds: As the experiment says where None.
        ensemble: How many trials; as the experiment says where None, but a `trial` that was asked for is alone.
        listener: Hears where it stands.

    Raises:
        UsageError: There is no such trial, another process is at work there, or the experiment has constraints, which
            an ensemble may break.
        InterruptedRunError: Ctrl-C.
    """
    from gnas_ray.driver.retrain import retrain

    experiment = reopen(root, [f"retrain.ensemble={ensemble}"] if ensemble else [])
    folder, options = open_folder(root), experiment.retrain
    together = options.ensemble if ensemble or trial is None else 1
    with working_in(root):
        heard = _heard(folder, listener)
        note_versions(folder.versions)
        try:
            retrain(folder.root, trial=trial, seeds=seeds or options.seeds, ensemble=together, listener=heard)
            _test_missing_baselines(experiment, folder, heard)
            _test_robustness(experiment, folder, heard)
        except KeyboardInterrupt:
            kept = "what is trained is kept, and the same command goes on with what is missing"
            raise InterruptedRunError(f"interrupted; {kept}") from None
        return _finished(folder.root, experiment)


def run_baselines_again(root: Path, *, names: Sequence[str], listener: Listener) -> Finished:
    """Tunes and tests baselines (those of the experiment where none is named), and reports; others stay as they are.

    Raises:
        UsageError: Another process is at work there, or there is no such baseline.
    """
    experiment, folder = reopen(root), open_folder(root)
    with working_in(root):
        note_versions(folder.versions)
        _test_baselines(names or experiment.baselines, folder, _heard(folder, listener), are_wanted=bool(names))
        return _finished(root, experiment)


def refresh_report(root: Path) -> ExperimentFolder:
    """Writes the Parquet tables and the report from what `root` holds now, also while a search writes it."""
    from gnas_ray.records.export import write_tables
    from gnas_ray.records.reading import read_ledger
    from gnas_ray.records.report.page import write_report

    experiment, ledger = read_ledger(root)
    folder = open_folder(root)
    findings = _findings(experiment, ledger, folder)
    write_tables(ledger.trials(), findings.rows, trials=folder.trials, measurements=folder.measurements)
    write_report(findings, folder.report)
    return folder


def read_findings(root: Path) -> Findings:
    """What `root` holds now, also while a search writes it."""
    from gnas_ray.records.reading import read_ledger

    experiment, ledger = read_ledger(root)
    return _findings(experiment, ledger, open_folder(root))


def _findings(experiment: Experiment, ledger: Ledger, folder: ExperimentFolder) -> Findings:
    from gnas_ray.records.findings import findings_of
    from gnas_ray.records.option_shares import probabilities_over_time
    from gnas_ray.search.replay import policy_history

    moments = ((moment.num_begun, moment.probabilities) for moment in policy_history(experiment, ledger))
    return findings_of(
        ledger,
        experiment.rungs,
        name=experiment.name,
        policy=probabilities_over_time(moments, ledger.space.decisions),
        final=final_rows(folder),
        robustness=robustness_rows(folder),
        facts=_facts(experiment, folder),
    )


def _run(experiment: Experiment, folder: ExperimentFolder, listener: Listener) -> Finished:
    heard = _heard(folder, listener)
    heard(PhaseStarted("starting", experiment.name))
    note_versions(folder.versions)
    try:
        _search_and_test(experiment, folder, heard)
    except KeyboardInterrupt:
        raise InterruptedRunError(f"interrupted; to go on:\n  gnas-ray resume {quote(str(folder.root))}") from None
    return _finished(folder.root, experiment)


def _search_and_test(experiment: Experiment, folder: ExperimentFolder, listener: Listener) -> None:
    from gnas_ray.driver.retrain import retrain
    from gnas_ray.driver.search import search

    with tracking(experiment.tracking, experiment.name, folder, tell=listener) as tracker:
        search(experiment, folder.root, listener=tell_all(listener, tracker))
        # Meanwhile what waits for a server catches up.
        refresh_report(folder.root)
        if not is_winner_retrained(experiment, folder):
            options = experiment.retrain
            retrain(folder.root, trial=None, seeds=options.seeds, ensemble=options.ensemble, listener=listener)
        _test_missing_baselines(experiment, folder, listener)
        _test_robustness(experiment, folder, listener)


def is_winner_retrained(experiment: Experiment, folder: ExperimentFolder) -> bool:
    """Whether an earlier run got as far as the bundle, with the trials that are the best now."""
    from gnas_ray.driver.retrain import to_retrain
    from gnas_ray.records.reading import read_ledger

    report = retrained(folder)
    if report is None or list(_bundled_epochs(folder.bundle).items()) != list(report.epochs.items()):
        return False
    _, ledger = read_ledger(folder.root)
    wanted = to_retrain(experiment, ledger, None, experiment.retrain.ensemble)
    # In their order: the first is the winner.
    is_as_wanted = list(wanted.items()) == list(report.epochs.items())
    return is_as_wanted and report.num_seeds >= experiment.retrain.seeds


def _bundled_epochs(bundle: Path) -> dict[int, int]:
    """How long each of the bundle's trials was trained, by number; empty without a bundle that can be read."""
    from gnas_ray.training.bundle import read_manifest

    try:
        refits = read_manifest(bundle).refits
    except GnasRayError:
        return {}
    return {refit.spec.number: refit.epochs for refit in refits}


def _test_missing_baselines(experiment: Experiment, folder: ExperimentFolder, listener: Listener) -> None:
    done = baselines_done(folder)
    if missing := [name for name in experiment.baselines if name not in done]:
        _test_baselines(missing, folder, listener, are_wanted=False)


def _test_baselines(names: Sequence[str], folder: ExperimentFolder, listener: Listener, *, are_wanted: bool) -> None:
    """Tests each, and keeps it and what was known of the others.

    Raises:
        GnasRayError: One that can't be fitted to these data was wanted by name; else it is left out.
    """
    from gnas_ray.driver.retrain import run_baselines

    for name, tested in run_baselines(folder.root, names=names, listener=listener):
        if not isinstance(tested, GnasRayError):
            others = [report for other, report in baselines_done(folder).items() if other != name]
            write_baselines(folder.baselines, [*others, tested])
        elif are_wanted:
            raise tested
        else:
            listener(PhaseStarted("leaving out a baseline", f"{name}: {tested}"))


def _test_robustness(experiment: Experiment, folder: ExperimentFolder, listener: Listener) -> None:
    """Where the experiment asks for it and it wasn't done yet for this winner."""
    report, wanted = retrained(folder), experiment.retrain.robustness
    if report is None or not wanted or _is_robustness_known(folder, wanted, report):
        return
    from gnas_ray.driver.robustness import measure_robustness

    measure_robustness(folder.root, report, baselines_done(folder), listener=listener)


def _is_robustness_known(folder: ExperimentFolder, wanted: Sequence[str], report: RetrainReport) -> bool:
    known = robustness_found(folder)
    if known is None or known.epochs != report.epochs:
        return False
    return set(known.kinds) >= set(wanted) and known.baselines.keys() >= baselines_done(folder).keys()


def _heard(folder: ExperimentFolder, listener: Listener) -> Listener:
    return tell_all(event_file(folder.events), listener)


def _finished(root: Path, experiment: Experiment) -> Finished:
    folder = refresh_report(root)
    return Finished(folder, experiment.objective.metric, final_rows(folder), robustness_rows(folder))


def _facts(experiment: Experiment, folder: ExperimentFolder) -> dict[str, str]:
    split = experiment.data.split_rule
    rungs = ", ".join(map(str, experiment.rungs.fidelities))
    minutes = experiment.budget.minutes
    return {
        "data": f"{experiment.data.dataset.name}, split {split.name if split else 'as given'}",
        "controller": experiment.controller.name,
        "searcher": experiment.searcher.name,
        "surrogate": experiment.surrogate.name,
        "rungs": f"{rungs} epochs",
        "budget": f"{experiment.budget.trials} trials" + (f", {minutes:g} minutes" if minutes else ""),
        "seed": str(experiment.seed),
        "architectures in the space": f"{experiment.search_space.num_architectures():,}",
        **{f"warm start from {t.name}": t.describe() for t in read_kept(experiment, folder).trials},
        **read_versions(folder.versions),
    }

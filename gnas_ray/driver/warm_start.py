"""What a new search takes from the folders of earlier ones."""

from __future__ import annotations

from dataclasses import replace

from gnas_ray.core import Problem, UsageError, derive_seed
from gnas_ray.core.events import Listener, PhaseStarted
from gnas_ray.experiment import Experiment
from gnas_ray.records.folder import ExperimentFolder
from gnas_ray.records.reading import read_ledger
from gnas_ray.search.warm_start import NO_WARM_START, WarmStart, placed_trials, warm_start


def gather(experiment: Experiment) -> WarmStart:
    """What the experiment's `warm_start` folders hold now that its space can express.

    Raises:
        UsageError: One is no experiment's folder.
    """
    earlier, others = {}, {}
    for root in {root.resolve(): root for root in experiment.warm_start}.values():  # one may be given twice
        before, ledger = read_ledger(root)
        earlier[str(root)] = placed_trials(ledger, before.rungs)
        if ledger.objectives != experiment.objectives:
            others[str(root)] = ", ".join(ledger.objectives.to_list())
    found = warm_start(earlier, experiment.search_space, seed=derive_seed(experiment.seed, "warm start"))
    return replace(found, trials=tuple(replace(t, objectives=others.get(t.name, "")) for t in found.trials))


def read_kept(experiment: Experiment, folder: ExperimentFolder) -> WarmStart:
    """What the search in `folder` began with; the folders where it came from are needed no more.

    Raises:
        UsageError: It is gone, and without it the search would go on as another.
    """
    if folder.earlier.exists():
        return WarmStart.from_json(folder.earlier.read_text(encoding="utf-8"))
    if experiment.warm_start:
        raise UsageError(str(folder.earlier), [Problem("", "missing: what the search took from earlier experiments")])
    return NO_WARM_START


def tell_of(found: WarmStart, listener: Listener) -> None:
    """Says of each earlier experiment how much of it could be used."""
    for trials in found.trials:
        listener(PhaseStarted(f"warm start from {trials.name}", trials.describe()))

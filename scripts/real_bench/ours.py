"""Our search, as `gnas-ray search` runs it up to retraining."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gnas_ray.core import Ending
from gnas_ray.core.events import Event, TrialEnded, TrialMeasured, TrialStarted
from gnas_ray.experiment import Experiment
from gnas_ray.records.folder import new_folder
from real_bench.watch import Watch

if TYPE_CHECKING:
    from gnas_ray.training import TrainingTask


def search_ours(experiment: Experiment, task: TrainingTask, folder: Path) -> Watch:
    """Session, ledger and checkpoints on disk, Tune adapter, warm worker groups. It finds the data of `task` itself."""
    from gnas_ray.driver.search import search

    root = new_folder(folder).root
    watch = Watch()

    def listen(event: Event) -> None:
        if isinstance(event, TrialStarted) and not event.resumed_from:
            watch.trial_began()
        elif isinstance(event, TrialMeasured):
            watch.epoch_measured(event.measurement.metrics[experiment.objective.metric])
        elif isinstance(event, TrialEnded) and event.outcome.ending is Ending.FAILED:
            watch.trial_failed()

    search(experiment, root, listener=listen)
    return watch

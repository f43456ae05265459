"""Opening an experiment's folder to read what it found."""

from __future__ import annotations

from pathlib import Path

from gnas_ray.experiment import Experiment, load_experiment
from gnas_ray.ledger import Ledger
from gnas_ray.records.folder import open_folder


def read_ledger(root: Path) -> tuple[Experiment, Ledger]:
    """The experiment in `root` as run, and its ledger as it stands, also while a search writes it.

    Raises:
        UsageError: `root` is no experiment's folder, or nothing was written in it yet.
    """
    folder = open_folder(root)
    experiment = load_experiment(folder.experiment)
    return experiment, Ledger.read(folder.ledger, space=experiment.search_space, name=experiment.name)

"""What a notebook needs: search, resume, and the result as one object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gnas_ray.core import Problem, UsageError
from gnas_ray.core.events import Listener
from gnas_ray.experiment import Experiment
from gnas_ray.records.folder import ExperimentFolder, open_folder
from gnas_ray.records.leaderboard import LeaderboardRow, incumbent, leaderboard
from gnas_ray.records.reading import read_ledger

if TYPE_CHECKING:
    import pandas as pd

    from gnas_ray.records.final import FinalRow
    from gnas_ray.serving import Bundle


@dataclass(frozen=True)
class SearchResult:
    """What one experiment found; everything is read from its folder when first asked for.

    Attributes:
        folder: The experiment's folder, with the path of each of its files.
    """

    folder: ExperimentFolder

    @cached_property
    def leaderboard(self) -> tuple[LeaderboardRow, ...]:
        """All trials, best first."""
        experiment, ledger = read_ledger(self.folder.root)
        return leaderboard(ledger.trials_at_work(), objectives=ledger.objectives, rungs=experiment.rungs)

    @property
    def incumbent(self) -> LeaderboardRow | None:
        """The best trial; None when none was measured."""
        return incumbent(self.leaderboard)

    @cached_property
    def final(self) -> tuple[FinalRow, ...]:
        """Winner and baselines on the test part; empty before they were tested."""
        from gnas_ray.driver.final import final_rows

        return final_rows(self.folder)

    @cached_property
    def bundle(self) -> Bundle:
        """The retrained winner, ready to recommend."""
        from gnas_ray.serving import Bundle

        return Bundle.load(self.folder.bundle)

    @property
    def report(self) -> Path:
        """The report's file."""
        return self.folder.report

    def to_pandas(self) -> pd.DataFrame:
        """The leaderboard as a data frame, a column for each decision and hyperparameter (needs pandas)."""
        import pandas as pd

        rows = [row.to_dict() for row in self.leaderboard]
        for row in rows:
            row.update(row.pop("architecture") | row.pop("hyperparameters"))
        return pd.DataFrame(rows)


def search(
    experiment: str | Path | Experiment,
    *,
    folder: str | Path | None = None,
    overrides: Sequence[str] = (),
    listener: Listener | None = None,
    quiet: bool = False,
) -> SearchResult:
    """Searches, retrains the winner, tests it beside the baselines, and writes the report.

    Args:
        experiment: A YAML file, the name of a shipped one, or what `load_experiment` gave.
        folder: Where its files go; by default the experiment's own, ``runs/NAME``. Must not hold an experiment yet.
        overrides: Changes to the YAML, e.g. ``["budget.trials=50"]``; one that is loaded takes none.
        listener: Hears every event instead of the progress on standard output.
        quiet: No progress.

    Raises:
        UsageError: The experiment or the folder is wrong, every problem at once; or a loaded one is to be changed.
        GnasRayError: A step could not be done. What was done stays; `resume` goes on.
    """
    from gnas_ray.cli.progress import watching
    from gnas_ray.driver.pipeline import run_search
    from gnas_ray.training.vocabulary import find_unknown_words, load_for_training

    if isinstance(experiment, Experiment):
        if overrides:
            what = "an experiment that is loaded can't be changed; give them to load_experiment, or its path here"
            raise UsageError("overrides", [Problem("", what)])
        if mistakes := find_unknown_words(experiment.space):
            problems = [Problem(".".join(map(str, mistake.path)), mistake.what) for mistake in mistakes]
            raise UsageError(experiment.name, problems)
        loaded = experiment
    else:
        loaded = load_for_training(experiment, overrides)
    root = Path(folder or loaded.folder)
    with watching(loaded.objective.metric, quiet=quiet or listener is not None) as watcher:
        finished = run_search(loaded, root, listener=listener or watcher)
    return SearchResult(finished.folder)


def resume(
    folder: str | Path, *, overrides: Sequence[str] = (), listener: Listener | None = None, quiet: bool = False
) -> SearchResult:
    """Goes on with a search that was interrupted, or gives a finished one more budget.

    Args:
        folder: The experiment's folder.
        overrides: Changes of budget, resources, retrain, baselines or tracking, e.g. ``["budget.trials=200"]``.
        listener: Hears every event instead of the progress on standard output.
        quiet: No progress.

    Raises:
        UsageError: It is no experiment's folder, or an override would change what its ledger means.
    """
    from gnas_ray.cli.progress import watching
    from gnas_ray.driver.pipeline import reopen, resume_search

    experiment = reopen(Path(folder), overrides)
    with watching(experiment.objective.metric, quiet=quiet or listener is not None) as watcher:
        finished = resume_search(Path(folder), experiment, listener=listener or watcher)
    return SearchResult(finished.folder)


def open_result(folder: str | Path) -> SearchResult:
    """What an experiment found so far, also while it runs.

    Raises:
        UsageError: `folder` is no experiment's.
    """
    return SearchResult(open_folder(Path(folder)))

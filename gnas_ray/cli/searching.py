"""``gnas-ray search`` and ``gnas-ray resume``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gnas_ray.cli.options import ExperimentFile, Folder, Overrides, OverridesOfBegun, Quiet
from gnas_ray.cli.progress import watching


def search(
    experiment: ExperimentFile,
    overrides: Overrides = None,
    folder: Annotated[
        Path | None, typer.Option(help="Where its files go; by default the YAML's output, or runs/NAME.")
    ] = None,
    warm_start: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="An earlier experiment to learn from. May be repeated."),
    ] = None,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print each event as one line of JSON.")] = False,
) -> None:
    """Search for the best recommender.

    Then retrain the winner, test it beside the baselines, and write the report. Ctrl-C stops it cleanly;
    `gnas-ray resume` goes on.

    \b
    Examples:
      gnas-ray search search_spaces/quickstart.yaml --set budget.trials=50 --set seed=7
      gnas-ray search mine.yaml --warm-start runs/quickstart
    """  # noqa: D301
    from gnas_ray.cli.final_table import print_finished
    from gnas_ray.driver.pipeline import run_search
    from gnas_ray.training.vocabulary import load_for_training

    loaded = load_for_training(experiment, overrides or ()).warm_started(warm_start or ())
    with watching(loaded.objective.metric, quiet=quiet, as_json=as_json) as listener:
        finished = run_search(loaded, folder or Path(loaded.folder), listener=listener)
    print_finished(finished, as_json=as_json)


def resume(
    folder: Folder,
    overrides: OverridesOfBegun = None,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print each event as one line of JSON.")] = False,
) -> None:
    """Go on with an interrupted search.

    Or give a finished one more budget. No finished trial is lost or run again; unfinished ones go on from their
    checkpoints.

    \b
    Examples:
      gnas-ray resume runs/quickstart
      gnas-ray resume runs/quickstart --set budget.trials=200
    """  # noqa: D301
    from gnas_ray.cli.final_table import print_finished
    from gnas_ray.driver.pipeline import reopen, resume_search

    experiment = reopen(folder, overrides or ())
    with watching(experiment.objective.metric, quiet=quiet, as_json=as_json) as listener:
        finished = resume_search(folder, experiment, listener=listener)
    print_finished(finished, as_json=as_json)

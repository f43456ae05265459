"""``gnas-ray check``, ``search`` and ``resume``."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gnas_ray.cli.options import EarlierExperiments, ExperimentFile, Folder, Overrides, OverridesOfBegun, Quiet
from gnas_ray.cli.progress import watching

if TYPE_CHECKING:
    from gnas_ray.experiment import Experiment


def check(experiment: ExperimentFile, overrides: Overrides = None, warm_start: EarlierExperiments = None) -> None:
    """See whether a search can begin.

    The whole YAML is checked, the data prepared (once: the search uses what this leaves), what the space asks of the
    data looked for in them, and the text encoders found. Nothing is trained, and Ray is not started.

    \b
    Example:
      gnas-ray check mine.yaml --set data.k_core=5
    """  # noqa: D301
    from gnas_ray.cli.data import print_prepared
    from gnas_ray.data import find_home, prepare

    wanted = _read(experiment, overrides).warm_started(warm_start or ())
    prepared = prepare(wanted.data, find_home())
    print_prepared(prepared, wanted.data)
    from gnas_ray.driver.preparation import check_suits, find_encoders
    from gnas_ray.driver.warm_start import gather

    check_suits(wanted, prepared)
    for encoder in find_encoders(wanted):
        print(f"encoder {encoder.name}: {encoder.folder}")
    for trials in gather(wanted).trials:
        print(f"warm start from {trials.name}: {trials.describe()}")
    space, rungs = wanted.search_space, ", ".join(map(str, wanted.rungs.fidelities))
    print(f"space: {space.num_architectures():,} architectures, {len(wanted.prior_members)} known beforehand")
    print(f"trials are compared after {rungs} epochs")
    changes = [("--set", override) for override in overrides or ()]
    earlier = [("--warm-start", str(folder)) for folder in warm_start or ()]
    again = [experiment, *(word for option in (*changes, *earlier) for word in option)]
    print(f"\nAll is well. Next: gnas-ray search {shlex.join(again)}")


def search(
    experiment: ExperimentFile,
    overrides: Overrides = None,
    folder: Annotated[
        Path | None, typer.Option(help="Where its files go; by default the YAML's output, or runs/NAME.")
    ] = None,
    warm_start: EarlierExperiments = None,
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
    loaded = _read(experiment, overrides).warm_started(warm_start or ())
    from gnas_ray.cli.final_table import print_finished
    from gnas_ray.driver.pipeline import run_search

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


def _read(experiment: str, overrides: Sequence[str] | None) -> Experiment:
    """As `load_for_training`; but what is wrong without knowing how to train is told before that is loaded."""
    from gnas_ray.experiment import load_experiment

    load_experiment(experiment, overrides or ())
    from gnas_ray.training.vocabulary import load_for_training

    return load_for_training(experiment, overrides or ())

"""``gnas-ray retrain`` and ``gnas-ray baselines``."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from gnas_ray.cli.options import AsJson, Folder, Quiet
from gnas_ray.cli.progress import watching


def retrain(
    folder: Folder,
    trial: Annotated[int | None, typer.Option(help="Which trial; by default the winner.")] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="How many seeds; by default as the YAML says.")] = None,
    ensemble: Annotated[
        int | None,
        typer.Option(min=1, help="Add the scores of so many trials; by default as the YAML says, or 1 with --trial."),
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Retrain and test the winner.

    It is trained anew on train + valid with several seeds, each tested once, and the bundle is written in the place of
    the one before. So are the other trials with the highest validation value at any epoch, where the YAML or --ensemble
    asks for several. Baselines that were not tested yet are tested too, so that the table is whole.

    \b
    Examples:
      gnas-ray retrain runs/quickstart --seeds 5
      gnas-ray retrain runs/quickstart --ensemble 5
      gnas-ray retrain runs/quickstart --trial 17 --json
    """  # noqa: D301
    from gnas_ray.cli.final_table import final_json, print_final
    from gnas_ray.driver.pipeline import reopen, retrain_again

    objective = reopen(folder).objective.metric
    with watching(objective, quiet=quiet, out=sys.stderr) as listener:
        finished = retrain_again(folder, trial=trial, seeds=seeds, ensemble=ensemble, listener=listener)
    if as_json:
        print(json.dumps(final_json(finished)))
    else:
        print_final(finished)


def baselines(
    folder: Folder,
    names: Annotated[str, typer.Option(help="Which, separated by commas; by default as the YAML says.")] = "",
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Tune and test the baselines.

    They are tuned on validation, refitted on train + valid, and tested once.

    \b
    Example:
      gnas-ray baselines runs/quickstart --names ease,ials
    """  # noqa: D301
    from gnas_ray.cli.final_table import final_json, print_final
    from gnas_ray.driver.pipeline import reopen, run_baselines_again

    objective = reopen(folder).objective.metric
    chosen = tuple(name.strip() for name in names.split(",") if name.strip())
    with watching(objective, quiet=quiet, out=sys.stderr) as listener:
        finished = run_baselines_again(folder, names=chosen, listener=listener)
    if as_json:
        print(json.dumps(final_json(finished)))
    else:
        print_final(finished)

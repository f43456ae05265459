"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from gnas_ray.core import Problem, UsageError

EXPERIMENT = typer.Argument(
    metavar="EXPERIMENT", help="A YAML file, or the name of a shipped one, e.g. quickstart.yaml."
)
ExperimentFile = Annotated[str, EXPERIMENT]
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The experiment's folder, e.g. runs/quickstart.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change the YAML, e.g. budget.trials=50. May be repeated."),
]
OverridesOfBegun = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change budget, resources, retrain, baselines or tracking, e.g. budget.trials=200. May be repeated.",
    ),
]
EarlierExperiments = Annotated[
    list[Path] | None,
    typer.Option("--warm-start", metavar="FOLDER", help="An earlier experiment to learn from. May be repeated."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Address = Annotated[
    str,
    typer.Option(
        metavar="URL",
        envvar="RAY_API_SERVER_ADDRESS",
        help="The cluster's dashboard. A token comes from RAY_AUTH_TOKEN, RAY_AUTH_TOKEN_PATH or ~/.ray/auth_token.",
    ),
]
DEFAULT_ADDRESS = "http://127.0.0.1:8265"


def refuse_together(option: str, others: Mapping[str, bool]) -> None:
    """Refuses options that say nothing beside `option`, rather than ignoring them.

    Raises:
        UsageError: Some of `others` are given.
    """
    if given := [other for other, is_given in others.items() if is_given]:
        raise UsageError(option, [Problem("", f"does not go with {' and '.join(given)}")])

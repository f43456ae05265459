"""``gnas-ray data``: get data sets, and see what preparation does to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gnas_ray.cli.console import print_table
from gnas_ray.cli.options import AsJson, ExperimentFile, Overrides

if TYPE_CHECKING:
    from gnas_ray.data import DataOptions, PreparedData

app = typer.Typer(no_args_is_help=True, help="Get and prepare data sets.")


@app.command("fetch")
def fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A data set, e.g. movielens-100k.")],
    source: Annotated[Path | None, typer.Option("--from", metavar="FOLDER", help="The original files.")] = None,
    keys: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="The data set's own keys. May be repeated."),
    ] = None,
) -> None:
    """Get a data set.

    What is known of it (counts, for some a checksum) is verified, and it is kept under $GNAS_RAY_HOME (by default
    ~/.cache/gnas_ray).

    \b
    Examples:
      gnas-ray data fetch movielens-100k
      gnas-ray data fetch movielens-100k --from ~/Downloads/ml-100k
      gnas-ray data fetch amazon-2018 --set category=Video_Games
    """  # noqa: D301
    from gnas_ray.data import fetch as fetch_data
    from gnas_ray.data import find_home
    from gnas_ray.experiment.overrides import parse_keys

    fetched = fetch_data(name, find_home(), source, parse_keys(keys or ()))
    counts = ", ".join(f"{count:,} {what}" for what, count in fetched.counts.items())
    print(f"{name}: {counts}\n  from    {fetched.origin}\n  in      {fetched.folder}\n  sha256  {fetched.sha256}")


@app.command("prepare")
def prepare(experiment: ExperimentFile, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Prepare an experiment's data.

    It is read, checked, filtered and split; the counts of every step are printed.

    \b
    Example:
      gnas-ray data prepare search_spaces/quickstart.yaml --set data.k_core=5
    """  # noqa: D301
    from gnas_ray.data import find_home, remarks
    from gnas_ray.data import prepare as prepare_data
    from gnas_ray.experiment import load_experiment

    options = load_experiment(experiment, overrides or ()).data
    prepared = prepare_data(options, find_home())
    if as_json:
        identity = {"folder": str(prepared.folder), "fingerprint": prepared.fingerprint}
        print(json.dumps({**identity, **prepared.report.to_dict(), "remarks": remarks(prepared, options)}))
    else:
        print_prepared(prepared, options)


def print_prepared(prepared: PreparedData, options: DataOptions) -> None:
    """Counts after every step, and what the user should know."""
    from rich.table import Table

    from gnas_ray.data import remarks

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("step")
    for heading in ("interactions", "users", "items"):
        table.add_column(heading, justify="right")
    for count in prepared.report.steps:
        table.add_row(count.step, f"{count.interactions:,}", f"{count.users:,}", f"{count.items:,}")
    print_table(table)
    report = prepared.report
    for what in ("users_without_training", "items_without_training", "items_without_text", "items_not_in_table"):
        print(f"{what.replace('_', ' ')}: {getattr(report, what):,}")
    for remark in remarks(prepared, options):
        print(f"note: {remark}")
    print(f"in {prepared.folder}")

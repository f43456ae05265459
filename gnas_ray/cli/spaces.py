"""``gnas-ray space``: look at a search space before searching it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from gnas_ray.cli.console import print_table
from gnas_ray.cli.options import AsJson, Overrides

app = typer.Typer(no_args_is_help=True, help="Look at a search space.")

SpaceFile = Annotated[
    str, typer.Argument(metavar="FILE", help="A search space or an experiment; a path or a shipped name.")
]


@app.command("show")
def show(file: SpaceFile, overrides: Overrides = None) -> None:
    """Print the space as a table.

    With its size below.

    \b
    Example:
      gnas-ray space show recsys.yaml
    """  # noqa: D301
    from rich.table import Table
    from rich.text import Text

    from gnas_ray.experiment import load_space
    from gnas_ray.space import build_space, space_rows

    options = load_space(file, overrides or ())
    table = Table(header_style="bold", pad_edge=False, box=None)
    for heading in ("name", "options or range", "when"):
        table.add_column(heading, overflow="fold")
    kind = ""
    for row in space_rows(options):
        if row.kind != kind:
            kind = row.kind
            table.add_row(f"[bold cyan]{kind}s[/]", "", "")
        table.add_row(*map(Text, (f"  {row.name}", row.values, row.when)))  # brackets are no markup
    print_table(table)
    print(f"\n{build_space(options).num_architectures():,} architectures")


@app.command("sample")
def sample(
    file: SpaceFile,
    count: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 3,
    seed: Annotated[int, typer.Option(help="The same seed draws the same members.")] = 0,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Print random members of the space.

    In the form that `prior` in an experiment takes.

    \b
    Example:
      gnas-ray space sample recsys.yaml -n 3 --seed 7
    """  # noqa: D301
    import random

    import yaml

    from gnas_ray.experiment import load_space
    from gnas_ray.space import build_space

    space = build_space(load_space(file, overrides or ()))
    generator = random.Random(seed)
    members = []
    for _ in range(count):
        architecture = space.sample_architecture(generator)
        hyperparameters = space.sample_hyperparameters(architecture, generator)
        members.append({"architecture": architecture, "hyperparameters": hyperparameters})
    print(json.dumps(members) if as_json else yaml.safe_dump(members, sort_keys=False), end="\n" if as_json else "")


@app.command("schema")
def schema(path: Annotated[Path | None, typer.Argument(metavar="FILE", help="Where to write it.")] = None) -> None:
    """Print the JSON Schema of experiments.

    For editors that complete and check YAML.

    \b
    Example, with `# yaml-language-server: $schema=experiment.schema.json` as the YAML's first line:
      gnas-ray space schema experiment.schema.json
    """  # noqa: D301
    from gnas_ray.experiment import experiment_json_schema

    text = json.dumps(experiment_json_schema(), indent=2)
    if path is None:
        print(text)
    else:
        path.write_text(text + "\n", encoding="utf-8")

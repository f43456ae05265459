"""``gnas-ray encoder``: get text encoders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Get text encoders.")


@app.callback()
def options() -> None:
    """Get text encoders."""


@app.command("fetch")
def fetch(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="An encoder, e.g. all-MiniLM-L6-v2 or BAAI/bge-small-en-v1.5.")
    ],
    source: Annotated[Path | None, typer.Option("--from", metavar="FOLDER", help="Its files.")] = None,
) -> None:
    """Get a text encoder.

    Any transformer of the Hugging Face hub with safetensors weights, by its name; the weights of those we know are
    verified. It is kept under $GNAS_RAY_HOME (by default ~/.cache/gnas_ray).

    \b
    Examples:
      gnas-ray encoder fetch all-MiniLM-L6-v2
      gnas-ray encoder fetch all-MiniLM-L6-v2 --from ~/models/all-MiniLM-L6-v2
    """  # noqa: D301
    from gnas_ray.data import find_home
    from gnas_ray.models.encoders import fetch_encoder

    encoder = fetch_encoder(name, find_home(), source)
    print(f"{encoder.name}\n  in      {encoder.folder}\n  sha256  {encoder.sha256}")

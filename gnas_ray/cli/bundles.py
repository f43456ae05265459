"""``gnas-ray recommend``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from gnas_ray.cli.options import AsJson


def recommend(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A bundle, or the experiment's folder it is in.")],
    user: Annotated[str, typer.Option(metavar="ID", help="The user's id, as in the data.")],
    k: Annotated[int, typer.Option("-k", min=1, help="How many items.")] = 10,
    include_seen: Annotated[bool, typer.Option("--include-seen", help="Items the user knows, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Recommend items to a user.

    \b
    Example:
      gnas-ray recommend runs/quickstart --user 196 -k 10
    """  # noqa: D301
    from gnas_ray.records.folder import ExperimentFolder
    from gnas_ray.serving import Bundle

    inner = ExperimentFolder(bundle).bundle
    loaded = Bundle.load(inner if inner.is_dir() else bundle)
    rows = loaded.recommend(loaded.user_id(user), k, exclude_seen=not include_seen)
    if as_json:
        print(json.dumps([{"item": row.item_id, "score": row.score, "text": row.text} for row in rows]))
        return
    width = max((len(str(row.item_id)) for row in rows), default=0)
    for place, row in enumerate(rows, start=1):
        print(f"{place:>3}  {row.item_id!s:<{width}}  {row.score:8.3f}  {row.text}")

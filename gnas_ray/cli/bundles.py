"""``gnas-ray recommend``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from gnas_ray.cli.options import AsJson
from gnas_ray.core import Problem, UsageError


def recommend(  # noqa: PLR0913, PLR0917 - one parameter for each option
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A bundle, or the experiment's folder it is in.")],
    user: Annotated[str | None, typer.Option(metavar="ID", help="The user's id, as in the data.")] = None,
    items: Annotated[
        str | None, typer.Option(metavar="IDS", help="For a new user: items they touched, separated by commas.")
    ] = None,
    history: Annotated[
        Path | None, typer.Option(metavar="FILE", help="For a new user: a file with an item they touched on each line.")
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many items.")] = 10,
    include_seen: Annotated[bool, typer.Option("--include-seen", help="Items the user knows, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Recommend items to a user.

    To one of the data, or to a new one who touched some of its items.

    \b
    Examples:
      gnas-ray recommend runs/quickstart --user 196 -k 10
      gnas-ray recommend runs/quickstart --items 50,172,181
      gnas-ray recommend runs/quickstart --history items.txt
    """  # noqa: D301
    from gnas_ray.records.folder import ExperimentFolder
    from gnas_ray.serving import Bundle

    if sum(given is not None for given in (user, items, history)) != 1:
        raise UsageError("recommend", [Problem("", "wanted one of --user, --items and --history")])
    inner = ExperimentFolder(bundle).bundle
    loaded = Bundle.load(inner if inner.is_dir() else bundle)
    if user is not None:
        rows = loaded.recommend(loaded.users.parse(user), k, exclude_seen=not include_seen)
    else:
        touched = [loaded.items.parse(text) for text in _touched(items, history)]
        rows = loaded.recommend_to_new(touched, k, exclude_seen=not include_seen)
    if as_json:
        print(json.dumps([{"item": row.item_id, "score": row.score, "text": row.text} for row in rows]))
        return
    width = max((len(str(row.item_id)) for row in rows), default=0)
    for place, row in enumerate(rows, start=1):
        print(f"{place:>3}  {row.item_id!s:<{width}}  {row.score:8.3f}  {in_a_line(row.text)}")


_LONGEST = 200


def in_a_line(text: str) -> str:
    """Without line breaks and what a terminal would obey, and not too much of it."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."


def _touched(items: str | None, history: Path | None) -> list[str]:
    if history is None:
        texts = (items or "").split(",")
    else:
        try:
            texts = history.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError("--history", [Problem(str(history), f"can't be read ({error})")]) from None
    return [text.strip() for text in texts if text.strip()]

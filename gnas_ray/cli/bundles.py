"""``gnas-ray recommend`` and ``serve``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gnas_ray.cli.options import AsJson, refuse_together
from gnas_ray.core import Problem, UsageError

if TYPE_CHECKING:
    from gnas_ray.serving import Bundle


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
    skip_unknown: Annotated[
        bool, typer.Option("--skip-unknown", help="Go by the others where an item they touched is not in the bundle.")
    ] = False,
    why: Annotated[bool, typer.Option("--why", help="With each, what the user touched that speaks for it.")] = False,
    to_all: Annotated[
        Path | None, typer.Option("--all", metavar="FILE", help="For all users of the data, into a .parquet or .csv.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Recommend items to a user.

    To one of the data, or to a new one who touched some of its items; or to all of the data.

    \b
    Examples:
      gnas-ray recommend runs/quickstart --user 196 -k 10
      gnas-ray recommend runs/quickstart --items 50,172,181 --why
      gnas-ray recommend runs/quickstart --history items.txt
      gnas-ray recommend runs/quickstart --all top10.parquet -k 10
    """  # noqa: D301
    from gnas_ray.serving import Bundle
    from gnas_ray.serving.answers import Wish, answer

    if sum(given is not None for given in (user, items, history, to_all)) != 1:
        raise UsageError("recommend", [Problem("", "wanted one of --user, --items, --history and --all")])
    if to_all is not None:
        refuse_together("--all", {"--why": why, "--json": as_json, "--skip-unknown": skip_unknown})
    loaded = Bundle.load(_bundle_of(bundle))
    if to_all is not None:
        _write_all(loaded, to_all, k, exclude_seen=not include_seen)
        return
    wish = Wish(
        user=None if user is None else loaded.users.parse(user),
        items=None if user is not None else tuple(map(loaded.items.parse, _touched(items, history))),
        k=k,
        include_seen=include_seen,
        skip_unknown=skip_unknown,
        why=why,
    )
    answers = answer(loaded, wish)
    if as_json:
        print(json.dumps(answers))
        return
    width = max((len(str(row["item"])) for row in answers), default=0)
    for place, row in enumerate(answers, start=1):
        print(f"{place:>3}  {row['item']!s:<{width}}  {row['score']:8.3f}  {in_a_line(row['text'])}")
        for reason in row.get("why", ()):
            print(f"{'':{width + 17}}for {reason['item']}  {in_a_line(reason['text'])}")


def _write_all(bundle: Bundle, path: Path, k: int, *, exclude_seen: bool) -> None:
    from rich.progress import Progress

    from gnas_ray.serving.everybody import write_everybody

    with Progress(transient=True) as shown:
        task = shown.add_task("users")

        def progress(done: int, total: int) -> None:
            shown.update(task, completed=done, total=total)

        num_users = write_everybody(bundle, path, k, exclude_seen=exclude_seen, progress=progress)
    print(f"{num_users:,} users in {path}")


def serve(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A bundle, or the experiment's folder it is in.")],
    host: Annotated[str, typer.Option(help="Where it listens; 0.0.0.0 for all networks.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The same.")] = 8000,
) -> None:
    """Answer requests for recommendations over HTTP.

    Until Ctrl-C. When another bundle takes the place of this one, as after a retraining, that answers from then on.

    \b
    Examples:
      gnas-ray serve runs/quickstart --port 8000
      curl 'http://127.0.0.1:8000/recommend?user=196&k=5&why=true'
      curl http://127.0.0.1:8000/recommend -d '{"items": [50, 172, 181], "k": 5}'
    """  # noqa: D301
    from gnas_ray.serving.server import serve as serve_bundle

    serve_bundle(_bundle_of(bundle), host=host, port=port)


def _bundle_of(folder: Path) -> Path:
    """The folder's own, where it is an experiment's."""
    from gnas_ray.records.folder import ExperimentFolder

    inner = ExperimentFolder(folder).bundle
    return inner if inner.is_dir() else folder


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

"""All commands, and how an error reaches the user."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from gnas_ray.cli import bundles, data, encoders, final, jobs, results, searching, spaces
from gnas_ray.core import GnasRayError


class ErrorsAsText(TyperGroup):
    """Prints the text of an error that the user can act on, and exits with its code; no traceback."""

    def invoke(self, ctx: Any) -> Any:  # click's context or Typer's own, by Typer's version
        """Run the command."""
        try:
            return super().invoke(ctx)
        except GnasRayError as error:
            if ctx.params["debug"]:
                raise
            print(error, file=sys.stderr)
            raise typer.Exit(error.exit_code) from None
        except OSError as error:
            if ctx.params["debug"] or isinstance(error, BrokenPipeError):
                raise
            what = error if error.filename is None else f"{error.filename}: {error.strerror}"
            print(f"{what} (`gnas-ray --debug` shows where)", file=sys.stderr)
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=ErrorsAsText,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # Rich's help costs 0.2 s more and wraps the examples
    pretty_exceptions_enable=False,
)


def _version(*, wanted: bool) -> None:
    if wanted:
        import gnas_ray

        print(gnas_ray.__version__)
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """Search architectures and hyperparameters of recommenders with item text, on Ray.

    \b
    A first search, from nothing to recommendations:
      gnas-ray data fetch movielens-100k
      gnas-ray encoder fetch all-MiniLM-L6-v2
      gnas-ray search search_spaces/quickstart.yaml
      gnas-ray show runs/quickstart
      gnas-ray recommend runs/quickstart --user 196 -k 10
    """  # noqa: D301


app.command()(searching.check)
app.command()(searching.search)
app.command()(searching.resume)
app.command()(results.show)
app.command()(results.report)
app.command()(final.retrain)
app.command()(final.baselines)
app.command()(bundles.recommend)
app.command()(bundles.serve)
app.command()(jobs.submit)
app.command("jobs")(jobs.list_all)
app.command()(jobs.status)
app.command()(jobs.logs)
app.command()(jobs.stop)
app.add_typer(spaces.app, name="space")
app.add_typer(data.app, name="data")
app.add_typer(encoders.app, name="encoder")

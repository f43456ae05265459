"""``gnas-ray show`` and ``gnas-ray report``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from gnas_ray.cli.console import print_table, table_width
from gnas_ray.cli.options import AsJson, Folder, refuse_together
from gnas_ray.cli.why import explanation_json, importance_line, print_explanation

if TYPE_CHECKING:
    from pathlib import Path

    from gnas_ray.core import Objectives
    from gnas_ray.ledger import TrialRecord
    from gnas_ray.records.leaderboard import LeaderboardRow


def show(
    folder: Folder,
    as_json: AsJson = False,
    trial: Annotated[int | None, typer.Option(help="Show one trial in full.")] = None,
    limit: Annotated[
        int | None,
        typer.Option("-n", min=0, help="How many trials, 0 for all; 20, and with --json all.", show_default=False),
    ] = None,
    why: Annotated[
        bool,
        typer.Option("--why", help="Also how the policy changed, and the winner with each decision made otherwise."),
    ] = False,
) -> None:
    """Show the leaderboard and what mattered.

    And where proposals came from; also while the search runs.

    \b
    Examples:
      gnas-ray show runs/quickstart -n 50
      gnas-ray show runs/quickstart --why
      gnas-ray show runs/quickstart --trial 17
      gnas-ray show runs/quickstart --json | jq .incumbent
    """  # noqa: D301
    from gnas_ray.records.findings import findings_of
    from gnas_ray.records.leaderboard import front, incumbent
    from gnas_ray.records.reading import read_ledger

    if trial is not None:
        refuse_together("--trial", {"--why": why, "-n": limit is not None})
        _, ledger = read_ledger(folder)
        record = _trial_of(ledger.trials(), trial)
        if as_json:
            print(_trial_json(record))
        else:
            _print_trial(record, ledger.objective)
        return
    if why:
        from gnas_ray.driver.pipeline import read_findings

        findings = read_findings(folder)
    else:
        experiment, ledger = read_ledger(folder)
        findings = findings_of(ledger, experiment.rungs, name=experiment.name)
    rows = findings.rows
    if as_json:
        best = incumbent(rows)
        shown = {"trials": [row.to_dict() for row in rows[: limit or None]], "incumbent": best and best.to_dict()}
        explained = explanation_json(findings) if why else {}
        print(json.dumps({**shown, "front": [row.to_dict() for row in front(rows)], **explained}))
        return
    _print_leaderboard(rows, findings.objectives, _NUM_SHOWN if limit is None else limit)
    _print_abandoned(folder, rows)
    print(importance_line(findings))
    if why:
        print_explanation(findings)
    elif rows:
        print("--why: how the policy changed, and the winner with each decision made otherwise; the report has more")


def report(
    folder: Folder,
    show_it: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
) -> None:
    """Write the report anew.

    And print where it is; works while the search runs, too.

    \b
    Example:
      gnas-ray report runs/quickstart --open
    """  # noqa: D301
    from gnas_ray.driver.pipeline import refresh_report

    path = refresh_report(folder).report
    print(path)
    if show_it:
        typer.launch(path.absolute().as_uri())


def _trial_of(records: tuple[TrialRecord, ...], number: int) -> TrialRecord:
    from gnas_ray.core import Problem, UsageError

    if 0 <= number < len(records):
        return records[number]
    known = f"trials are 0 to {len(records) - 1}" if records else "there is no trial yet"
    raise UsageError(f"trial {number}", [Problem("", f"no such trial; {known}")])


_NUM_SHOWN = 20
"""Trials, unless another number is asked for."""
_WIDTH = 80
"""Of a terminal that has room for everything there is with one objective."""


def _print_leaderboard(rows: tuple[LeaderboardRow, ...], objectives: Objectives, limit: int) -> None:
    from rich.table import Table
    from rich.text import Text

    from gnas_ray.cli.board import STATE_STYLES
    from gnas_ray.records.leaderboard import describe_winner
    from gnas_ray.records.origins import origins
    from gnas_ray.records.words import describe_architecture, duration, last_line, number, score

    table = Table(box=None, header_style="bold", pad_edge=False)
    is_wide = table_width() >= _WIDTH + sum(len(name) + 2 for name in objectives.names[1:])
    for heading in ("rank", "trial"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for heading in ("epochs", *objectives.names, *(("reward", "time") if is_wide else ())):
        table.add_column(heading, justify="right", no_wrap=True)
    if is_wide:
        table.add_column("origin", no_wrap=True)
    table.add_column("architecture", overflow="fold")
    for row in rows[: limit or None]:
        state = f"[{STATE_STYLES[row.state]}]{row.state}[/]"
        values = [score(row.objective), *(number(row.others.get(name)) for name in objectives.names[1:])]
        what = last_line(row.failure) if row.failure else describe_architecture(row.architecture)
        more = [score(row.reward), duration(row.seconds), row.origin] if is_wide else []
        table.add_row(str(row.rank), str(row.number), state, str(row.epochs), *values, *more, Text(what))
    print_table(table)
    if limit and len(rows) > limit:
        print(f"... and {len(rows) - limit} more; -n 0 shows all")
    if not objectives.is_plain:
        print(describe_winner(rows, objectives))
    for origin in origins(rows):
        trials = "1 trial" if origin.num_trials == 1 else f"{origin.num_trials} trials"
        picked = f"{origin.num_picked} picked by the surrogate, " if origin.num_picked else ""
        print(f"{origin.name}: {trials}, {picked}{origin.num_good} in the better quarter")


def _print_abandoned(root: Path, rows: tuple[LeaderboardRow, ...]) -> None:
    """That trials are open and nobody trains them, so that a search that was killed does not look alive."""
    from shlex import quote

    from gnas_ray.records.folder import is_worked_in

    states = {row.state for row in rows} & {"running", "paused"}
    if states and not is_worked_in(root):
        which = " or ".join(sorted(states, reverse=True))
        print(f"no process is at work here; gnas-ray resume {quote(str(root))} goes on with what is {which}")


def _trial_json(record: TrialRecord) -> str:
    """One line of strict JSON (NaN and infinity become null); an open trial has no ending."""
    from gnas_ray.records.events import finite

    outcome = record.outcome
    plain = {
        **record.spec.to_dict(),
        "state": record.state,
        "origin": record.proposal.origin,
        "ending": outcome and outcome.ending.value,
        "failure": outcome and outcome.failure and outcome.failure.value,
        "detail": outcome.detail if outcome else "",
        "measurements": [measurement.to_dict() for measurement in record.measurements],
        "reward": record.reward,
    }
    return json.dumps(finite(plain), allow_nan=False)


def _print_trial(record: TrialRecord, objective: str) -> None:
    from gnas_ray.records.words import number

    print(f"trial {record.number}: {record.state}, from {record.proposal.origin}, seed {record.spec.seed}")
    for title, values in (("architecture", record.spec.architecture), ("hyperparameters", record.spec.hyperparameters)):
        print(f"\n{title}:")
        for name, value in values.items():
            print(f"  {name}: {number(value) if isinstance(value, float) else json.dumps(value)}")
    print(f"\n{objective} by epoch:")
    for measurement in record.measurements:
        print(f"  {measurement.fidelity}: {number(measurement.metrics.get(objective))}")
    if record.outcome and record.is_in_vain:
        print(f"\n{', '.join(filter(None, (record.state, record.outcome.failure)))}:\n{record.outcome.detail}")

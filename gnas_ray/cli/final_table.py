"""The table of winner and baselines, and what to do next."""

from __future__ import annotations

import json
import shlex
import textwrap
from typing import TYPE_CHECKING

from gnas_ray.cli.console import print_table

if TYPE_CHECKING:
    from gnas_ray.driver.pipeline import Finished
    from gnas_ray.records.final import FinalRow
    from gnas_ray.records.robustness import RobustnessRow


def print_finished(finished: Finished, *, as_json: bool) -> None:
    """The final table, where things are, and the next commands; as JSON, one line like those before it."""
    if as_json:
        print(json.dumps({"event": "finished", "folder": str(finished.folder.root), **final_json(finished)}))
        return
    print_final(finished)
    root = shlex.quote(str(finished.folder.root))
    print(f"\nReport   {finished.folder.report}")
    print(f"Bundle   {finished.folder.bundle}")
    print("\nNext:")
    print(f"  gnas-ray recommend {root} --user ID -k 10")
    print(f"  gnas-ray show {root}")
    print(f"  gnas-ray report {root} --open")


def print_final(finished: Finished) -> None:
    """Winner and baselines on the test part, and the verdict in words; warm and cold items apart; on disturbed data.

    Metrics and disturbances are rows, for there may be more of them than a terminal has room for side by side.
    """
    from gnas_ray.records.final import metrics_apart, metrics_of_all_items, verdict

    rows, objective = finished.final, finished.objective
    if not rows:
        return
    title = "Test part, each refitted on train + valid and tested once"
    _print_rows(title, rows, metrics_of_all_items(rows, objective), objective)
    print(verdict(rows, objective))
    if apart := metrics_apart(rows, objective):
        _print_rows("The same lists, warm and cold items apart", rows, apart, objective)
    _print_robustness(finished.robustness, objective)


def _print_rows(title: str, rows: tuple[FinalRow, ...], metrics: tuple[str, ...], objective: str) -> None:
    from rich.table import Table

    from gnas_ray.records.final import ranked

    table = Table(title=title, title_justify="left")
    table.add_column("", no_wrap=True)
    best_first = ranked(rows, objective)
    for row in best_first:
        style = "bold green" if row.is_winner else None
        table.add_column(row.label, justify="right", style=style, header_style=style)
    for metric in metrics:
        table.add_row(metric, *(str(row.metrics[metric]) if metric in row.metrics else "-" for row in best_first))
    print_table(table)


def _print_robustness(rows: tuple[RobustnessRow, ...], objective: str) -> None:
    from rich.table import Table

    from gnas_ray.records.robustness import MEANING, by_clean

    if not rows:
        return
    table = Table(title=f"Test {objective} on worse data", title_justify="left")
    table.add_column("", no_wrap=True)
    ordered = by_clean(rows, objective)
    for row in ordered:
        style = "bold green" if row.is_winner else None
        table.add_column(row.label, justify="right", style=style, header_style=style)
    for name in dict.fromkeys(name for row in rows for name in row.metrics):
        table.add_row(name, *(_disturbed(row, name, objective) if name in row.metrics else "-" for row in ordered))
    print_table(table)
    print(textwrap.fill(MEANING, 120))


def _disturbed(row: RobustnessRow, disturbance: str, objective: str) -> str:
    kept = row.kept(disturbance, objective)
    value = f"{row.metrics[disturbance][objective]:.4f}"
    return value if kept is None or disturbance == "clean" else f"{value} {kept:.1%}"


def final_json(finished: Finished) -> dict[str, object]:
    """What was tested, in plain values.

    ``{"metrics": {name: {mean, std, seeds}}, "baselines": {baseline: {name: value}}, "robustness": {"winner":
    {disturbance: {name: value}}, "baselines": {baseline: {disturbance: {name: value}}}}}``; robustness is empty where
    it wasn't asked for.
    """
    rows, robustness = finished.final, finished.robustness
    winner = next((row for row in rows if row.is_winner), None)
    metrics = winner.metrics if winner else {}
    plain: dict[str, object] = {
        "metrics": {
            name: {"mean": spread.mean, "std": spread.std, "seeds": list(spread.seeds)}
            for name, spread in metrics.items()
        },
        "baselines": {
            row.name: {name: spread.mean for name, spread in row.metrics.items()} for row in rows if not row.is_winner
        },
        "robustness": {},
    }
    if robustness:
        plain["robustness"] = {
            "winner": next(row.metrics for row in robustness if row.is_winner),
            "baselines": {row.name: row.metrics for row in robustness if not row.is_winner},
        }
    return plain

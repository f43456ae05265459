"""The table of winner and baselines, and what to do next."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from gnas_ray.cli.console import print_table

if TYPE_CHECKING:
    from gnas_ray.driver.pipeline import Finished
    from gnas_ray.records.final import FinalRow


def print_finished(finished: Finished, *, as_json: bool) -> None:
    """The final table, where things are, and the next commands; as JSON, one line like those before it."""
    if as_json:
        print(json.dumps({"event": "finished", "folder": str(finished.folder.root), **final_json(finished.final)}))
        return
    print_final(finished.final, finished.objective)
    root = shlex.quote(str(finished.folder.root))
    print(f"\nReport   {finished.folder.report}")
    print(f"Bundle   {finished.folder.bundle}")
    print("\nNext:")
    print(f"  gnas-ray recommend {root} --user ID -k 10")
    print(f"  gnas-ray show {root}")
    print(f"  gnas-ray report {root} --open")


def print_final(rows: tuple[FinalRow, ...], objective: str) -> None:
    """Winner and baselines on the test part, best first, and the verdict in words."""
    from rich.table import Table

    from gnas_ray.records.final import ranked, verdict

    if not rows:
        return
    metrics = list(dict.fromkeys([objective, *(name for row in rows for name in row.metrics)]))
    table = Table(title="Test part, each refitted on train + valid and tested once", title_justify="left")
    table.add_column("")
    for metric in metrics:
        table.add_column(metric, justify="right", no_wrap=True)
    for row in ranked(rows, objective):
        cells = [str(row.metrics[metric]) if metric in row.metrics else "-" for metric in metrics]
        table.add_row(row.label, *cells, style="bold green" if row.is_winner else None)
    print_table(table)
    print(verdict(rows, objective))


def final_json(rows: tuple[FinalRow, ...]) -> dict[str, object]:
    """``{"metrics": {name: {mean, std, seeds}}, "baselines": {baseline: {name: value}}}``."""
    winner = next((row for row in rows if row.is_winner), None)
    metrics = winner.metrics if winner else {}
    return {
        "metrics": {
            name: {"mean": spread.mean, "std": spread.std, "seeds": list(spread.seeds)}
            for name, spread in metrics.items()
        },
        "baselines": {
            row.name: {name: spread.mean for name, spread in row.metrics.items()} for row in rows if not row.is_winner
        },
    }

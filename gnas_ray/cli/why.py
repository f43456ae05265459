"""What `gnas-ray show --why` tells of the search itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnas_ray.cli.console import print_table

if TYPE_CHECKING:
    from gnas_ray.records.findings import Findings
    from gnas_ray.records.option_effects import Flip
    from gnas_ray.records.option_shares import OptionShares

NUM_SHOWN = 8
"""Choices that mattered most, and decisions whose policy is shown."""


def importance_line(findings: Findings) -> str:
    """What mattered most, in a line; or why nobody knows."""
    if findings.model is None or not findings.importances:
        return findings.why_no_importances
    shown = list(findings.importances.items())[:NUM_SHOWN]
    words = ", ".join(f"{name} {share:.0%}" for name, share in shown)
    return f"what mattered (functional ANOVA of {len(findings.model.score_of)} trials): {words}"


def explanation_json(findings: Findings) -> dict[str, Any]:
    """Importances, origins, how the policy changed, and the winner's neighbours, in plain values.

    ``{"importances": {choice: share}, "origins": [{name, trials, picked, failed, good, best}], "policy": [{decision,
    first, last}], "neighbours": [{decision, instead_of, option, trials, trial, state, epochs, objective,
    predicted}]}``; `failed` counts what was never trained too; `first` and `last` are shares by option, each as text. A
    neighbour is the winner with one decision made otherwise; where `trials` is 0 none was tried, and what follows is
    null. `predicted` is ``{mean, low, high}``, a value at ``predicted_at`` epochs, or null.
    """
    from gnas_ray.records.events import finite
    from gnas_ray.records.option_effects import flips
    from gnas_ray.records.origins import origins

    plain: dict[str, Any] = finite(
        {
            "importances": dict(findings.importances),
            "origins": [
                {
                    "name": origin.name,
                    "trials": origin.num_trials,
                    "picked": origin.num_picked,
                    "failed": origin.num_failed,
                    "good": origin.num_good,
                    "best": origin.best.number,
                }
                for origin in origins(findings.rows)
            ],
            "policy": [
                {"decision": history.decision, "first": _by_option(history, 0), "last": _by_option(history, -1)}
                for history in findings.policy_changes
            ],
            "predicted_at": findings.rung,
            "neighbours": [_neighbour(flip) for flip in flips(findings)],
        }
    )
    return plain


def _neighbour(flip: Flip) -> dict[str, Any]:
    near, predicted = flip.tried, flip.predicted
    row = near.row if near else None
    return {
        "decision": flip.decision,
        "instead_of": flip.instead_of,
        "option": flip.option,
        "trials": near.num_trials if near else 0,
        "trial": row and row.number,
        "state": row and row.state,
        "epochs": row and row.epochs,
        "objective": row and row.objective,
        "predicted": predicted and {"mean": predicted.mean, "low": predicted.low, "high": predicted.high},
    }


def print_explanation(findings: Findings) -> None:
    """The same as tables, the decisions that mattered most first."""
    _print_policy(findings)
    _print_neighbours(findings)


def _print_policy(findings: Findings) -> None:
    from rich.table import Table
    from rich.text import Text

    changes = findings.policy_changes
    if not changes:
        return
    what = "The policy" if findings.policy else "What was proposed"
    table = Table(title=f"{what}, at first and at last", title_justify="left", box=None, header_style="bold")
    for heading in ("decision", "option: share at first > at last"):
        table.add_column(heading, overflow="fold")
    for history in changes[:NUM_SHOWN]:
        first, last = _by_option(history, 0), _by_option(history, -1)
        order = sorted(last, key=lambda option: -last[option])
        shares = ", ".join(f"{o}: {first[o]:.0%} > {last[o]:.0%}" for o in order)
        table.add_row(Text(history.decision), Text(shares))  # brackets are no markup
    print()
    print_table(table)
    if len(changes) > NUM_SHOWN:
        print(f"... and {len(changes) - NUM_SHOWN} more decisions, in the report")


def _print_neighbours(findings: Findings) -> None:
    from rich.table import Table
    from rich.text import Text

    from gnas_ray.records.option_effects import flips
    from gnas_ray.records.words import score

    winner, found = findings.winner, [flip for flip in flips(findings) if flip.tried or flip.predicted]
    if winner is None or not found:
        return
    title = (
        f"One decision from trial {winner.number} ({score(winner.objective)}): the best such trial, with its own "
        f"hyperparameters,\nand what is predicted at {findings.rung} epochs with the winner's"
    )
    table = Table(title=title, title_justify="left", box=None, header_style="bold")
    for heading in ("decision", "the winner's", "here"):
        table.add_column(heading)
    for heading in ("trials", "best", "epochs", findings.objective, "predicted"):
        table.add_column(heading, justify="right", no_wrap=heading == "predicted")
    for flip in found:
        tried = [""] * 4
        if near := flip.tried:
            tried = [str(near.num_trials), str(near.row.number), str(near.row.epochs), score(near.row.objective)]
        names = (Text(str(name)) for name in (flip.decision, flip.instead_of, flip.option))
        table.add_row(*names, *tried, flip.predicted_in_words)
    print()
    print_table(table)


def _by_option(history: OptionShares, index: int) -> dict[str, float]:
    return {str(option): share for option, share in zip(history.options, history.shares[index], strict=True)}

"""Sections with results: the test table, the winner, the leaderboard, how it was run."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from gnas_ray.records.final import FinalRow, Spread, metrics_apart, metrics_of_all_items, ranked, verdict
from gnas_ray.records.findings import Findings
from gnas_ray.records.leaderboard import LeaderboardRow, describe_winner, incumbent
from gnas_ray.records.report.html import Cell, Line, Section, facts, number_cell, state_cell, table, two_line_cell
from gnas_ray.records.report.winner_diagram import not_drawn, winner_svg
from gnas_ray.records.robustness import MEANING, RobustnessRow, by_clean
from gnas_ray.records.words import describe_architecture, duration, last_line, number, score

NUM_TRIALS_SHOWN = 25


def final_section(findings: Findings) -> Section:
    """Winner and baselines on the test part, whoever is first."""
    title = "On the test part"
    if not findings.final:
        lead = "Nothing was tested yet: `gnas-ray retrain` tests the winner, `gnas-ray baselines` the baselines."
        return Section("test", title, lead, "")
    rows = ranked(findings.final, findings.objective)
    metrics = metrics_of_all_items(rows, findings.objective)
    sentence = verdict(rows, findings.objective)
    lost = " lost" if sentence and not rows[0].is_winner else ""
    banner = f'<p class="verdict{lost}">{escape(sentence)}</p>' if sentence else ""
    lead = (
        "Winner and baselines were chosen on validation, refitted on train and validation, and tested once. "
        "± is the standard deviation over seeds."
    )
    return Section("test", title, lead, banner + _final_table(rows, metrics) + _apart(rows, findings.objective))


def _apart(rows: Sequence[FinalRow], objective: str) -> str:
    metrics = metrics_apart(rows, objective)
    if not metrics:
        return ""
    note = (
        "The same lists once more, counting warm or cold items alone: a cold item has no interaction in train and "
        "validation."
    )
    return f'<p class="lead">{note}</p>{_final_table(rows, metrics)}'


def _final_table(rows: Sequence[FinalRow], metrics: Sequence[str]) -> str:
    return table(["", *metrics], [_final_line(row, metrics) for row in rows])


def _final_line(row: FinalRow, metrics: Sequence[str]) -> Line:
    values = [_spread_cell(row.metrics.get(name)) for name in metrics]
    return Line([two_line_cell(row.label, row.detail), *values], "winner" if row.is_winner else "")


def _spread_cell(spread: Spread | None) -> Cell:
    if spread is None:
        return number_cell("-")
    return two_line_cell(score(spread.mean), "" if spread.std is None else f"± {score(spread.std)}", "number")


def robustness_section(findings: Findings) -> Section | None:
    """The test table once more, on disturbed data."""
    if not findings.robustness:
        return None
    rows = by_clean(findings.robustness, findings.objective)
    disturbances = list(dict.fromkeys(name for row in rows for name in row.metrics))
    lines = [_disturbed_line(row, disturbances, findings.objective) for row in rows]
    return Section(
        "robustness", "On worse data", f"Test {findings.objective}. {MEANING}", table(["", *disturbances], lines)
    )


def _disturbed_line(row: RobustnessRow, disturbances: Sequence[str], objective: str) -> Line:
    cells = [_disturbed_cell(row, name, objective) for name in disturbances]
    return Line([Cell(row.label), *cells], "winner" if row.is_winner else "")


def _disturbed_cell(row: RobustnessRow, disturbance: str, objective: str) -> Cell:
    if disturbance not in row.metrics:
        return number_cell("-")
    kept = row.kept(disturbance, objective)
    return two_line_cell(score(row.metrics[disturbance][objective]), "" if kept is None else f"{kept:.1%}", "number")


def winner_section(findings: Findings) -> Section | None:
    """The winner as a diagram, with its training and hyperparameters."""
    winner = findings.winner
    if winner is None:
        return None
    architecture, hyperparameters = winner.architecture, winner.hyperparameters
    training = {name: number_or_text(architecture[name]) for name in ("loss", "contrastive") if name in architecture}
    rest = {name: number_or_text(value) for name, value in {**not_drawn(architecture), **hyperparameters}.items()}
    lead = (
        f"Trial {winner.number}, {winner.origin}: validation {findings.objective} {number(winner.objective)} "
        f"at its best; trained for {winner.epochs} epochs."
    )
    if not findings.objectives.is_plain:
        others = ", ".join(f"{name} {number(value)}" for name, value in winner.others.items())
        lead += f" There, {others}."
        best = incumbent(findings.rows)
        if best is not None and best.number == winner.number:
            lead += f" {_sentence(describe_winner(findings.rows, findings.objectives))}"
    body = winner_svg(architecture, hyperparameters) + facts({**training, **rest})
    return Section("winner", "The winner", lead, body)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def number_or_text(value: object) -> str:
    """A hyperparameter's value for people."""
    return number(value) if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)


def leaderboard_section(findings: Findings) -> Section | None:
    """The first trials of the leaderboard."""
    if not findings.rows:
        return None
    winner, objectives = findings.winner, findings.objectives
    others = objectives.names[1:]
    lines = [_trial_line(row, others, is_winner=row is winner) for row in findings.rows[:NUM_TRIALS_SHOWN]]
    headings = ["", "trial", "state", "epochs", findings.objective, *others, "reward", "time", "origin", "architecture"]
    order = "by its front, then by how crowded it is there" if objectives.is_several else "by value"
    lead = f"Ranked {order}, of the best that each measured; what was stopped early may be worth more than it showed."
    if objectives.constraints:
        lead += " What keeps the constraints comes first."
    if len(findings.rows) > len(lines):
        lead += f" The first {len(lines)} of {len(findings.rows)}; `gnas-ray show -n 0` lists all."
    return Section("leaderboard", "Leaderboard", lead, table(headings, lines))


def _trial_line(row: LeaderboardRow, others: Sequence[str], *, is_winner: bool) -> Line:
    text = last_line(row.failure) if row.failure else describe_architecture(row.architecture)
    cells = [
        number_cell(str(row.rank)),
        number_cell(str(row.number)),
        state_cell(row.state),
        number_cell(str(row.epochs)),
        number_cell(score(row.objective)),
        *(number_cell(number(row.others.get(name))) for name in others),
        number_cell(score(row.reward)),
        number_cell(duration(row.seconds)),
        Cell(row.origin),
        Cell(text, "small"),
    ]
    return Line(cells, "winner" if is_winner else "")


def facts_section(findings: Findings) -> Section | None:
    """How the experiment was run."""
    return Section("facts", "How it was run", "", facts(findings.facts)) if findings.facts else None

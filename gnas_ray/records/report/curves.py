"""Sections about the search in time: the incumbent, and the learning curves by rung."""

from __future__ import annotations

from collections.abc import Iterable

import plotly.graph_objects as go

from gnas_ray.core import Objectives
from gnas_ray.ledger import TrialRecord
from gnas_ray.records.findings import Findings
from gnas_ray.records.incumbents import IncumbentStep, incumbent_steps
from gnas_ray.records.leaderboard import rungs_climbed
from gnas_ray.records.report.figures import embed, new_figure
from gnas_ray.records.report.html import Section
from gnas_ray.records.report.style import ACCENT, LINE, RUNG_COLOURS, WARN
from gnas_ray.records.words import describe_architecture, number


def incumbent_section(findings: Findings) -> Section | None:
    """The best trial's value against time, over where every trial ended."""
    steps = incumbent_steps(findings.records, objectives=findings.objectives, rungs=findings.rungs)
    if not steps:
        return None
    start = min(record.started for record in findings.records)
    end = max([at - start for record in findings.records for at in record.measured_at])
    figure = new_figure(x="minutes of search since the first trial started", y=f"validation {findings.objective}")
    figure.add_trace(_endings(findings, start))
    figure.add_trace(_steps(steps, end))
    or_keeps = ", or another is the first to keep the constraints" if findings.objectives.constraints else ""
    lead = (
        "The line is the best trial so far, the dots are the best of each trial where it ended or waits. It steps down "
        f"where the best one fails{or_keeps}."
    )
    return Section("incumbent", "Incumbent over time", lead, embed(figure, "incumbent"))


def _steps(steps: tuple[IncumbentStep, ...], end: float) -> go.Scatter:
    texts = [f"trial {s.number}<br>{number(s.value)}, {s.num_rungs} rungs climbed" for s in steps]
    return go.Scatter(
        x=[s.seconds / 60 for s in steps] + [end / 60],
        y=[s.value for s in steps] + [steps[-1].value],
        text=[*texts, texts[-1]],
        hovertemplate="%{text}<extra></extra>",
        mode="lines+markers",
        line={"shape": "hv", "color": ACCENT, "width": 2.5},
        marker={"size": [7] * len(steps) + [0]},
        name="incumbent",
    )


def _endings(findings: Findings, start: float) -> go.Scatter:
    measured = [record for record in findings.records if record.measured_at]
    return go.Scatter(
        x=[(record.measured_at[-1] - start) / 60 for record in measured],
        y=[record.value(findings.objectives) for record in measured],
        text=[_hover(record, findings.objectives) for record in measured],
        hovertemplate="%{text}<extra></extra>",
        mode="markers",
        marker={"size": 7, "color": "#cbd5e1", "line": {"color": "white", "width": 1}},
        name="trials",
    )


def curves_section(findings: Findings) -> Section | None:
    """Every trial's objective by epoch, coloured by the rungs it climbed."""
    measured = [record for record in findings.records if record.measurements]
    if not measured:
        return None
    figure = new_figure(x="epochs", y=f"validation {findings.objective}", height=400)
    for rung in findings.rungs.fidelities:
        figure.add_vline(x=rung, line={"color": LINE, "width": 1, "dash": "dot"})
    for num_rungs in range(len(findings.rungs.fidelities) + 1):
        group = [r for r in measured if rungs_climbed(r, findings.objectives, findings.rungs) == num_rungs]
        if group:
            figure.add_trace(_group(group, findings, num_rungs))
    winner = findings.winner
    if winner is not None and winner.num_rungs:
        figure.add_trace(_winner(next(r for r in measured if r.number == winner.number), findings.objectives))
    rungs = ", ".join(map(str, findings.rungs.fidelities))
    what = "wait" if findings.rungs.promote else "are stopped"
    lead = f"Rungs, where trials are compared and the weaker {what}, are at {rungs} epochs (dotted lines)."
    if findings.rungs.patience:
        lead += " Who has trained out before the last counts as having reached it."
    return Section("curves", "Learning curves by rung", lead, embed(figure, "curves"))


def _group(records: Iterable[TrialRecord], findings: Findings, num_rungs: int) -> go.Scatter:
    """One trace for all trials that climbed as far, with gaps between trials."""
    x: list[int | None] = []
    y: list[float | None] = []
    texts: list[str] = []
    for record in records:
        x += [*(m.fidelity for m in record.measurements), None]
        y += [*(m.metrics.get(findings.objective) for m in record.measurements), None]
        texts += [_hover(record, findings.objectives)] * (len(record.measurements) + 1)
    num_steps = max(len(findings.rungs.fidelities), 1)
    colour = RUNG_COLOURS[round(num_rungs / num_steps * (len(RUNG_COLOURS) - 1))]
    reached = f"reached {findings.rungs.fidelities[num_rungs - 1]}" if num_rungs else "before the first rung"
    return go.Scatter(
        x=x,
        y=y,
        text=texts,
        hovertemplate="%{text}<br>epoch %{x}: %{y:.4f}<extra></extra>",
        mode="lines+markers",
        line={"color": colour, "width": 1.4},
        marker={"size": 4},
        name=reached,
    )


def _winner(record: TrialRecord, objectives: Objectives) -> go.Scatter:
    return go.Scatter(
        x=[m.fidelity for m in record.measurements],
        y=[m.metrics.get(objectives.metric) for m in record.measurements],
        hovertemplate=f"{_hover(record, objectives)}<br>epoch %{{x}}: %{{y:.4f}}<extra></extra>",
        mode="lines",
        line={"color": WARN, "width": 3},
        name=f"winner, trial {record.number}",
    )


def _hover(record: TrialRecord, objectives: Objectives) -> str:
    best = number(record.value(objectives))
    return (
        f"<b>trial {record.number}</b> {record.state}, best {best}<br>{describe_architecture(record.spec.architecture)}"
    )

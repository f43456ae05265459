"""The section on quality against cost."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from gnas_ray.records.findings import Findings
from gnas_ray.records.pareto import COSTS, CostPoint, cost_points, measured_costs
from gnas_ray.records.report.figures import choose_between, embed, new_figure
from gnas_ray.records.report.html import Section
from gnas_ray.records.report.style import ACCENT


def cost_section(findings: Findings) -> Section | None:
    """Every trial's quality against one measured cost at a time, with the Pareto front."""
    figure = new_figure(x="", y=f"validation {findings.objective}", height=400)
    names, groups = [], []
    for cost in measured_costs(findings.records):
        points = cost_points(findings.records, cost, objectives=findings.objectives)
        if points:
            first = len(figure.data)
            figure.add_traces(_traces(points))
            groups.append(range(first, len(figure.data)))
            names.append(COSTS[cost])
    if not names:
        return None
    figure.update_xaxes(type="log", dtick="D2")  # members of one space differ a hundredfold
    choose_between(figure, names, groups)
    lead = (
        "The line joins the trials that no other beats in both, each by the best it measured: one that was stopped may "
        "be worth more. Pick the cost at the upper right."
    )
    return Section("cost", "Quality against cost", lead, embed(figure, "cost"))


def _traces(points: Sequence[CostPoint]) -> list[go.Scatter]:
    kept = [point for point in points if point.keeps_constraints]
    front = [point for point in points if point.on_front]
    broken = [point for point in points if not point.keeps_constraints]
    return [
        *([_dots(broken, "breaks a constraint", {"color": "#e2b8b8", "size": 7, "symbol": "x"})] if broken else []),
        _dots(kept, "trials", {"color": "#5ba3c0", "size": 9}),
        _dots(front, "Pareto front", {"color": ACCENT, "size": 11}, mode="lines+markers"),
    ]


def _dots(points: Sequence[CostPoint], name: str, marker: dict[str, str | int], *, mode: str = "markers") -> go.Scatter:
    return go.Scatter(
        x=[point.cost for point in points],
        y=[point.quality for point in points],
        text=[f"trial {point.number}" for point in points],
        hovertemplate="%{text}<br>%{y:.4f} at %{x:.4g}<extra></extra>",
        mode=mode,
        line={"color": ACCENT, "width": 1.5, "shape": "hv"},
        marker=marker,
        name=name,
    )

"""Sections about the search's choices: what the controller proposed over time, and what mattered."""

from __future__ import annotations

import plotly.graph_objects as go

from gnas_ray.records.findings import Findings
from gnas_ray.records.option_effects import flips
from gnas_ray.records.option_shares import WINDOW, OptionShares
from gnas_ray.records.origins import origins
from gnas_ray.records.report.figures import choose_between, embed, new_figure
from gnas_ray.records.report.html import Cell, Line, Section, number_cell, state_cell, table
from gnas_ray.records.report.style import ACCENT, COLOURS
from gnas_ray.records.words import score

NUM_BARS = 15

PROBABILITIES_LEAD = (
    "The controller's own probability of each option where the decision is asked, before the first trial and after "
    "every update. Pick a decision at the upper right; those that mattered most come first."
)
SHARES_LEAD = (
    f"How often each option was tried, in a window of the last {WINDOW} trials that made the decision (members given "
    "beforehand not counted), whoever proposed it; the controller has no probabilities of its own to show. Pick a "
    "decision at the upper right."
)


def policy_section(findings: Findings) -> Section | None:
    """Probabilities of each decision's options over time, one decision at a time, those that mattered most first."""
    histories = findings.policy_changes
    if not histories:
        return None
    figure = new_figure(x="trials begun", y="probability" if findings.policy else "share of proposals")
    groups: list[range] = []
    for history in histories:
        first = len(figure.data)
        figure.add_traces(_areas(history))
        groups.append(range(first, len(figure.data)))
    figure.update_yaxes(range=[0, 1], tickformat=".0%")
    choose_between(figure, [history.decision for history in histories], groups)
    lead = PROBABILITIES_LEAD if findings.policy else SHARES_LEAD
    return Section("policy", "Policy over time", lead, embed(figure, "policy"))


def _areas(history: OptionShares) -> list[go.Scatter]:
    return [
        go.Scatter(
            x=history.numbers,
            y=[shares[index] for shares in history.shares],
            stackgroup=history.decision,
            mode="lines",
            line={"width": 0.5, "color": COLOURS[index % len(COLOURS)]},
            hovertemplate="%{y:.0%}",
            name=str(option),
        )
        for index, option in enumerate(history.options)
    ]


def importance_section(findings: Findings) -> Section:
    """Which decisions and hyperparameters make members differ."""
    found = findings.importances
    title = "What mattered"
    if findings.model is None or not found:
        return Section("importance", title, findings.why_no_importances, "")
    shown = list(found.items())[:NUM_BARS][::-1]
    figure = new_figure(x="share of importance", y="", height=90 + 24 * len(shown))
    figure.add_trace(
        go.Bar(
            x=[share for _, share in shown],
            y=[name for name, _ in shown],
            orientation="h",
            marker={"color": ACCENT},
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    )
    figure.update_xaxes(tickformat=".0%")
    figure.update_layout(margin={"l": 190})
    lead = (
        "How much a random member's quality changes when this choice alone is made anew: functional ANOVA of a "
        f"Gaussian process over the {len(findings.model.score_of)} trials that reached a rung. It is about the whole "
        "space; what would change the winner is told below. With few trials, low bars are noise."
    )
    return Section("importance", title, lead, embed(figure, "importance"))


def origins_section(findings: Findings) -> Section | None:
    """Who proposed the trials, and how good theirs were."""
    found = origins(findings.rows)
    if not found:
        return None
    headings = [
        "origin",
        "trials",
        "picked",
        "failed or not trained",
        "in the better quarter",
        "best trial",
        findings.objective,
        "epochs",
    ]
    lines = [
        Line(
            [
                Cell(origin.name),
                number_cell(str(origin.num_trials)),
                number_cell(str(origin.num_picked)),
                number_cell(str(origin.num_failed)),
                number_cell(str(origin.num_good)),
                number_cell(str(origin.best.number)),
                number_cell(score(origin.best.objective)),
                number_cell(str(origin.best.epochs)),
            ]
        )
        for origin in found
    ]
    lead = (
        "`prior` members were given, `earlier` ones by the experiments that it started from; `policy` and the like the "
        "controller sampled; a `mutation` is one of the best trials changed a little, a `retune` the same architecture "
        "with other hyperparameters; `uniform` is random, and so is a `leftover`, where little of the space is left. "
        "The surrogate picked so many of them among candidates of several origins; the others were tried unseen."
    )
    return Section("origins", "Where proposals came from", lead, table(headings, lines))


def neighbours_section(findings: Findings) -> Section | None:
    """The winner's architecture with each decision made otherwise, alone: what was tried, and what is predicted."""
    found = flips(findings)
    if not any(flip.tried or flip.predicted for flip in found):
        return None
    headings = [
        "decision",
        "the winner's",
        "here",
        "trials",
        "best",
        "state",
        "epochs",
        findings.objective,
        "predicted",
    ]
    lines = []
    for flip in found:
        near = flip.tried
        numbers = [number_cell("-")] * 2 + [Cell("-")] + [number_cell("-")] * 2
        if near is not None:
            numbers = [
                number_cell(str(near.num_trials)),
                number_cell(str(near.row.number)),
                state_cell(near.row.state),
                number_cell(str(near.row.epochs)),
                number_cell(score(near.row.objective)),
            ]
        lines.append(
            Line(
                [
                    Cell(flip.decision),
                    Cell(str(flip.instead_of)),
                    Cell(str(flip.option)),
                    *numbers,
                    Cell(flip.predicted_in_words),
                ]
            )
        )
    lead = (
        "The winner's architecture with one decision made otherwise, in one layer where each makes it. Trials have "
        "hyperparameters of their own, and what was stopped early showed less than it is worth, so a difference is a "
        f"hint, not a measurement. Predicted is the value at {findings.rung} epochs with the winner's "
        "hyperparameters, by a Gaussian process over all trials, and its difference from the winner's; differences "
        "within the width given last are noise."
    )
    return Section("neighbours", "One decision from the winner", lead, table(headings, lines))

"""The page: sections in order, one style sheet, one copy of plotly.js."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

from plotly.offline import get_plotlyjs

from gnas_ray.core.files import write_whole
from gnas_ray.records.final import ranked
from gnas_ray.records.findings import Findings
from gnas_ray.records.report.choices import importance_section, neighbours_section, origins_section, policy_section
from gnas_ray.records.report.costs import cost_section
from gnas_ray.records.report.curves import curves_section, incumbent_section
from gnas_ray.records.report.html import Section, tile
from gnas_ray.records.report.options import options_section
from gnas_ray.records.report.results import (
    facts_section,
    final_section,
    leaderboard_section,
    robustness_section,
    winner_section,
)
from gnas_ray.records.report.style import CSS
from gnas_ray.records.words import duration, number

SECTIONS: tuple[Callable[[Findings], Section | None], ...] = (
    final_section,
    robustness_section,
    winner_section,
    incumbent_section,
    curves_section,
    policy_section,
    origins_section,
    importance_section,
    options_section,
    neighbours_section,
    cost_section,
    leaderboard_section,
    facts_section,
)
"""In the page's order; a section that has nothing to show gives None."""

NO_NETWORK = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
"""The browser itself holds the page to it."""


def write_report(findings: Findings, path: Path) -> None:
    """Write the report to `path`, whole or not at all."""
    write_whole(path, render(findings))


def render(findings: Findings) -> str:
    """The whole page; it loads nothing from anywhere."""
    sections = [section for make in SECTIONS if (section := make(findings)) is not None]
    links = "".join(f'<a href="#{section.anchor}">{escape(section.title)}</a>' for section in sections)
    name = escape(findings.name)
    return "\n".join(
        [
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{NO_NETWORK}">',
            '<link rel="icon" href="data:,">',
            f"<title>{name} - gnas_ray</title><style>{CSS}</style><script>{get_plotlyjs()}</script></head><body>",
            f'<header><div class="wide"><h1>{name}</h1><p>{escape(_subtitle(findings))}</p></div></header>',
            f'<div class="wide"><div class="tiles">{_tiles(findings)}</div></div>',
            f'<nav><div class="wide">{links}</div></nav><main class="wide"><br>',
            *(section.render() for section in sections),
            '</main><footer class="wide">Written by gnas_ray.</footer></body></html>',
        ]
    )


def _subtitle(findings: Findings) -> str:
    data = findings.facts.get("data")
    return f"{data}, objective {findings.objective}" if data else f"objective {findings.objective}"


def _tiles(findings: Findings) -> str:
    states = Counter(record.state for record in findings.records)
    by_state = ", ".join(f"{count} {state}" for state, count in states.most_common())
    tiles = [tile(str(len(findings.records)), f"trials: {by_state}" if by_state else "trials")]
    winner = findings.winner
    if winner is not None:
        tiles.append(tile(number(winner.objective), f"validation {findings.objective} of trial {winner.number}"))
    tiles += _test_tiles(findings)
    return "".join([*tiles, tile(duration(findings.seconds), "of search")])


def _test_tiles(findings: Findings) -> Sequence[str]:
    rows = ranked(findings.final, findings.objective)
    firsts = [next((r for r in rows if r.is_winner), None), next((r for r in rows if not r.is_winner), None)]
    captions = ["of the winner", "of the best baseline"]
    return [
        tile(f"{row.metrics[findings.objective].mean:.4f}", f"test {findings.objective} {caption}, {row.name}")
        for row, caption in zip(firsts, captions, strict=True)
        if row is not None and findings.objective in row.metrics
    ]

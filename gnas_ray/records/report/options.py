"""The section that says what each option is worth."""

from __future__ import annotations

from collections.abc import Iterator

from gnas_ray.records.findings import Findings
from gnas_ray.records.option_effects import OptionEffects, in_words, option_effects
from gnas_ray.records.report.html import Cell, Line, Section, number_cell, table

HEADINGS = ("decision", "option", "trials", "reached", "best", "median", "winner with it, tried", "predicted")


def options_section(findings: Findings) -> Section | None:
    """Of each decision's options: what trials with it came to, and what it would change in the winner."""
    if findings.model is None or findings.winner is None:
        return None
    effects = option_effects(findings)
    if not effects.by_decision:
        return None
    lead = (
        f"Compared at {effects.rung} epochs. A search tries what looks good more often, tunes it better and trains it "
        "longer, so the values of an option's trials don't compare options fairly. The last two columns change one "
        f"decision of trial {findings.winner.number} (in every layer) and nothing else: the best trial of that "
        "architecture and how many there were, and what a Gaussian process over all trials predicts, with its "
        "difference from what it predicts for the winner; differences within the width given last are noise."
    )
    return Section("options", "What each option is worth", lead, table(HEADINGS, list(_lines(effects))))


def _lines(effects: OptionEffects) -> Iterator[Line]:
    for decision, options in effects.by_decision.items():
        for index, effect in enumerate(options):
            name = Cell("" if index else decision)
            numbers = map(number_cell, in_words(effect, effects))
            yield Line([name, Cell(str(effect.option)), *numbers], "winner" if effect.is_the_winners else "")

"""Pieces of HTML; every text from outside is escaped here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Section:
    """One section of the page.

    Attributes:
        anchor: Its place for links, e.g. ``curves``.
        lead: What it shows and how to read it; plain text, commands in backticks.
        body: HTML.
    """

    anchor: str
    title: str
    lead: str
    body: str

    def render(self) -> str:
        """The section as HTML."""
        words = re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(self.lead))
        lead = f'<p class="lead">{words}</p>' if words else ""
        return f'<section id="{self.anchor}"><h2>{escape(self.title)}</h2>{lead}\n{self.body}\n</section>'


@dataclass(frozen=True)
class Cell:
    """A table's cell: text, or HTML made in this room where `is_html`; `kind` is its CSS class."""

    text: str
    kind: str = ""
    is_html: bool = False

    def render(self) -> str:
        """The cell as HTML."""
        kind = f' class="{self.kind}"' if self.kind else ""
        return f"<td{kind}>{self.text if self.is_html else escape(self.text)}</td>"


def number_cell(text: str) -> Cell:
    """A right-aligned cell."""
    return Cell(text, "number")


def two_line_cell(text: str, note: str, kind: str = "") -> Cell:
    """A cell with a smaller line below."""
    return Cell(f"{escape(text)}<small>{escape(note)}</small>", kind, is_html=True)


def state_cell(state: str) -> Cell:
    """A trial's state as a coloured word."""
    return Cell(f'<span class="state {escape(state)}">{escape(state)}</span>', is_html=True)


@dataclass(frozen=True)
class Line:
    """A table's row; `kind` is its CSS class."""

    cells: Sequence[Cell]
    kind: str = ""


def table(headings: Sequence[str], lines: Sequence[Line]) -> str:
    """A table that scrolls sideways on a narrow screen; a heading is aligned as its column's first cell."""
    kinds = [cell.kind for cell in lines[0].cells] if lines else [""] * len(headings)
    head = "".join(
        f"<th{' class=number' if kind == 'number' else ''}>{escape(heading)}</th>"
        for heading, kind in zip(headings, kinds, strict=True)
    )
    body = "\n".join(
        f"<tr{f' class={line.kind}' if line.kind else ''}>{''.join(cell.render() for cell in line.cells)}</tr>"
        for line in lines
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>'


def facts(pairs: Mapping[str, str]) -> str:
    """Names and values, one pair a line."""
    lines = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs.items())
    return f'<dl class="facts">{lines}</dl>'


def tile(value: str, caption: str) -> str:
    """A large number and what it counts."""
    return f'<div class="tile"><b>{escape(value)}</b><span>{escape(caption)}</span></div>'

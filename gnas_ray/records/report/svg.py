"""Boxes and arrows as an inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

COLUMN, ROW = 150, 74
WIDTH, HEIGHT = 122, 54
MARGIN, HEADROOM = 12, 34


@dataclass(frozen=True)
class Box:
    """A labelled box at a place of the grid; rows and columns may be fractions.

    Attributes:
        name: What arrows call it.
        kind: Its CSS class: ``input``, ``text``, ``table``, ``layer`` or ``result``.
    """

    name: str
    title: str
    lines: tuple[str, ...]
    column: float
    row: float
    kind: str

    @property
    def left(self) -> float:
        """Left edge."""
        return MARGIN + self.column * COLUMN

    @property
    def top(self) -> float:
        """Upper edge."""
        return HEADROOM + self.row * ROW


@dataclass(frozen=True)
class Frame:
    """A dashed frame around the boxes `names`, with a caption above."""

    caption: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Drawing:
    """A diagram: boxes, arrows between them by name, frames around some."""

    boxes: tuple[Box, ...]
    arrows: tuple[tuple[str, str], ...]
    frames: tuple[Frame, ...] = ()


def draw(drawing: Drawing, title: str) -> str:
    """The drawing as one ``<svg>`` element; `title` is its accessible name."""
    highest = min(box.row for box in drawing.boxes)
    boxes = {box.name: replace(box, row=box.row - highest) for box in drawing.boxes}
    width = max(box.left for box in boxes.values()) + WIDTH + MARGIN
    height = max(box.top for box in boxes.values()) + HEIGHT + MARGIN
    parts = [
        f'<svg class="diagram" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(title)}">',
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path d="M0 0L8 4L0 8z"/></marker></defs>',
        *(_frame(frame.caption, [boxes[name] for name in frame.names]) for frame in drawing.frames),
        *(_arrow(boxes[start], boxes[end]) for start, end in drawing.arrows),
        *(_box(box) for box in boxes.values()),
        "</svg>",
    ]
    return "\n".join(parts)


def _box(box: Box) -> str:
    texts = [box.title, *box.lines]
    first = box.top + HEIGHT / 2 + 4 - 8 * (len(texts) - 1)
    lines = [
        f'<text x="{box.left + WIDTH / 2:g}" y="{first + 16 * index:g}" class="{kind}">{escape(_cut(text))}</text>'
        for index, (text, kind) in enumerate(zip(texts, ["name", *["note"] * len(box.lines)], strict=True))
    ]
    rect = f'<rect x="{box.left:g}" y="{box.top:g}" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
    return f'<g class="box {box.kind}"><title>{escape(", ".join(texts))}</title>{rect}{"".join(lines)}</g>'


def _cut(text: str, limit: int = 19) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _arrow(start: Box, end: Box) -> str:
    if start.column == end.column:
        down = 1 if end.top > start.top else -1
        x = start.left + WIDTH / 2
        tail = start.top + (HEIGHT if down > 0 else 0)
        tip = end.top + (0 if down > 0 else HEIGHT)
        return f'<path class="arrow" d="M{x:g} {tail:g}V{tip - 2 * down:g}"/>'
    tail_x, tail_y = start.left + WIDTH, start.top + HEIGHT / 2
    tip_x, tip_y = end.left - 2, end.top + HEIGHT / 2
    turn_x = max(tail_x, tip_x - (COLUMN - WIDTH))  # straight past the boxes between, then one bend
    bend = (tip_x - turn_x) / 2
    curve = f"H{turn_x:g}C{turn_x + bend:g} {tail_y:g} {tip_x - bend:g} {tip_y:g} {tip_x:g} {tip_y:g}"
    return f'<path class="arrow" d="M{tail_x:g} {tail_y:g}{curve}"/>'


def _frame(caption: str, boxes: Sequence[Box]) -> str:
    left, top = min(b.left for b in boxes) - 8, min(b.top for b in boxes) - 8
    width = max(b.left for b in boxes) + WIDTH + 8 - left
    height = max(b.top for b in boxes) + HEIGHT + 8 - top
    text = f'<text x="{left + width / 2:g}" y="{top - 7:g}" class="note">{escape(caption)}</text>'
    rect = f'<rect class="frame" x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}" rx="12"/>'
    return rect + text

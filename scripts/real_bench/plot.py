"""The best value over time, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import plotly.graph_objects as go

from gnas_ray.records.report.figures import new_figure
from gnas_ray.records.report.style import COLOURS
from real_bench.courses import Course, Step, mean_at

_SHOWN_FROM = 0.1
"""The value axis begins with what systems had after this share of the time; before it they climb from nothing."""


def draw(courses: Sequence[Course], file: Path, *, objective: str, seconds: float) -> None:
    """A page with a thick line for each system's mean over seeds, and a thin one for each search."""
    figure = new_figure(x="minutes", y=f"best validation {objective}", height=560)
    for system, colour in zip(dict.fromkeys(course.system for course in courses), COLOURS, strict=False):
        own = [course for course in courses if course.system == system]
        moments = sorted(at for course in own for at, _ in course.steps)
        figure.add_trace(_line([(at, mean_at(own, at)) for at in moments], seconds, colour, name=system))
        for course in own:
            figure.add_trace(_line(course.steps, seconds, colour, name=f"{system}, seed {course.seed}", is_thin=True))
    early = [value for course in courses if (value := course.at(_SHOWN_FROM * seconds)) == value]
    if early:
        figure.update_yaxes(range=[min(early), max(course.at(seconds) for course in courses) + 0.002])
    figure.write_html(file)


def _line(steps: Sequence[Step], seconds: float, colour: str, *, name: str, is_thin: bool = False) -> go.Scatter:
    last = [(seconds, steps[-1][1])] if steps else []
    return go.Scatter(
        x=[at / 60 for at, _ in (*steps, *last)],
        y=[value for _, value in (*steps, *last)],
        mode="lines",
        line={"shape": "hv", "color": colour, "width": 1 if is_thin else 3},
        opacity=0.4 if is_thin else 1,
        showlegend=not is_thin,
        name=name,
    )

"""The report's plots, as Plotly figures."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import plotly.io as pio

from gnas_ray.records.report.style import COLOURS, FONT, INK, LINE, MUTED

CONFIG = {"displayModeBar": False, "responsive": True}


def new_figure(*, x: str, y: str, height: int = 360) -> go.Figure:
    """An empty figure in the report's look, with titled axes."""
    axis = {"gridcolor": LINE, "zeroline": False, "linecolor": LINE, "ticks": "outside", "tickcolor": LINE}
    figure = go.Figure()
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 64, "r": 20, "t": 16, "b": 52},
        font={"family": FONT, "size": 13, "color": INK},
        colorway=COLOURS,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        hoverlabel={"font": {"family": FONT, "size": 12}, "align": "left"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 12, "color": MUTED}},
        xaxis={**axis, "title": {"text": x, "font": {"color": MUTED, "size": 13}}},
        yaxis={**axis, "title": {"text": y, "font": {"color": MUTED, "size": 13}}},
    )
    return figure


def choose_between(figure: go.Figure, names: Sequence[str], groups: Sequence[Sequence[int]]) -> None:
    """Add a menu to `figure` that shows one group of its traces at a time, the first to begin with."""
    num_traces = len(figure.data)
    buttons = []
    for name, group in zip(names, groups, strict=True):
        shown = [index in group for index in range(num_traces)]
        buttons.append({"label": name, "method": "update", "args": [{"visible": shown}]})
    for index, trace in enumerate(figure.data):
        trace.visible = index in groups[0]
    menu = {"buttons": buttons, "x": 1, "xanchor": "right", "y": 1.04, "yanchor": "bottom", "bgcolor": "white"}
    figure.update_layout(updatemenus=[{**menu, "bordercolor": LINE, "font": {"size": 12}}], margin={"t": 56})


def embed(figure: go.Figure, name: str) -> str:
    """`figure` as a ``<div>`` and a script that draws it with the page's copy of plotly.js."""
    html: str = pio.to_html(figure, full_html=False, include_plotlyjs=False, config=CONFIG, div_id=f"plot-{name}")
    return html

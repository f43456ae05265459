"""The winner drawn as a diagram: item text -> encoder -> projection -> fusion -> layers -> readout -> scores."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from gnas_ray.core import Value
from gnas_ray.records.report.svg import Box, Drawing, Frame, draw
from gnas_ray.records.words import number

DRAWN = {
    *("item_features", "text_encoder", "text_projection", "fusion", "num_layers", "readout"),
    *("neighbour_cap", "text_edges", "edge_weights", "loss", "contrastive", "linear_channel"),
}
"""Decisions that have a place in the diagram, beside those of the layers."""


def winner_svg(architecture: Mapping[str, Value], hyperparameters: Mapping[str, Value]) -> str:
    """The member as one inline ``<svg>``; decisions without a place in it are left to `not_drawn`."""
    return draw(winner_drawing(architecture, hyperparameters), "The winner's architecture")


def not_drawn(architecture: Mapping[str, Value]) -> dict[str, Value]:
    """Decisions of another search space that the diagram has no place for."""
    return {
        name: option for name, option in architecture.items() if name not in DRAWN and not name.startswith("layer.")
    }


def winner_drawing(architecture: Mapping[str, Value], hyperparameters: Mapping[str, Value]) -> Drawing:
    """The boxes and arrows of a member of the recommender space."""
    size = _size(hyperparameters)
    num_layers = int(architecture.get("num_layers", 0))
    middle = max(num_layers - 1, 2) / 2
    boxes, arrows, item = _item_side(architecture, size)
    user = Box("user", "user embedding", (size,), 2, 2, "table")
    users = Box("users", "user ids", (), 0, 2, "input")
    scores = Box("scores", "scores", ("user · item",), 6, middle, "result")
    boxes += [users, user, scores]
    arrows += [("users", "user")]
    if architecture.get("linear_channel", "none") != "none":
        boxes += [Box("channel", "linear channel", _channel(architecture, hyperparameters), 5, middle + 1, "table")]
        arrows += [("channel", "scores")]
    if not num_layers:
        return Drawing(tuple(boxes), (*arrows, (item, "scores"), ("user", "scores")))
    layers = _layers(architecture, num_layers, middle)
    readout = Box("readout", "readout", (str(architecture.get("readout", "last")),), 5, middle, "layer")
    read = layers[-1:] if architecture.get("readout", "last") == "last" else layers
    arrows += [(item, "layer 1"), ("user", "layer 1"), ("readout", "scores")]
    arrows += [(layer.name, "readout") for layer in read]
    arrows += [(above.name, below.name) for above, below in pairwise(layers)]
    frame = Frame(_graph(architecture), tuple(layer.name for layer in layers))
    return Drawing((*boxes, *layers, readout), tuple(arrows), (frame,))


def _item_side(architecture: Mapping[str, Value], size: str) -> tuple[list[Box], list[tuple[str, str]], str]:
    """Boxes and arrows from items to one item vector, and the name of the box that holds it."""
    features = architecture.get("item_features", "id")
    boxes: list[Box] = []
    arrows: list[tuple[str, str]] = []
    if features != "id":
        encoder = str(architecture.get("text_encoder", "encoder"))
        boxes += [
            Box("text", "item text", (), 0, 0, "input"),
            Box("encoder", "encoder", (encoder, "frozen"), 1, 0, "text"),
            Box("projection", "projection", (_projection(architecture), size), 2, 0, "text"),
        ]
        arrows += [("text", "encoder"), ("encoder", "projection")]
    if features != "text":
        boxes += [
            Box("ids", "item ids", (), 0, 1, "input"),
            Box("item", "item embedding", (size,), 2, 1, "table"),
        ]
        arrows += [("ids", "item")]
    if features != "both":
        return boxes, arrows, "item" if features == "id" else "projection"
    boxes += [Box("fusion", "fusion", (str(architecture.get("fusion", "sum")),), 3, 0.5, "text")]
    return boxes, [*arrows, ("projection", "fusion"), ("item", "fusion")], "fusion"


def _layers(architecture: Mapping[str, Value], num_layers: int, middle: float) -> list[Box]:
    """One box a layer, in a column centred on row `middle`."""
    top = middle - (num_layers - 1) / 2
    return [
        Box(f"layer {i + 1}", _operator(architecture, i), _details(architecture, i), 4, top + i, "layer")
        for i in range(num_layers)
    ]


def _operator(architecture: Mapping[str, Value], index: int) -> str:
    operator = str(architecture.get(f"layer.{index}.operator", "layer"))
    return "identity" if operator == "none" else operator


def _details(architecture: Mapping[str, Value], index: int) -> tuple[str, ...]:
    activation = architecture.get(f"layer.{index}.activation", "none")
    residual = architecture.get(f"layer.{index}.residual", False)
    words = [str(activation)] if activation != "none" else []
    words += ["residual"] if residual else []
    return (" + ".join(words),) if words else ()


def _projection(architecture: Mapping[str, Value]) -> str:
    projection = str(architecture.get("text_projection", "none"))
    return "fixed" if projection == "none" else projection


def _channel(architecture: Mapping[str, Value], hyperparameters: Mapping[str, Value]) -> tuple[str, ...]:
    weight = hyperparameters.get("channel_weight")
    return (str(architecture["linear_channel"]), *([f"weight {number(float(weight))}"] if weight else []))


def _graph(architecture: Mapping[str, Value]) -> str:
    cap, edges = architecture.get("neighbour_cap", 0), architecture.get("text_edges", 0)
    words = [f"≤ {cap} neighbours" if cap else "all neighbours"]
    words += [f"+ {edges} by text"] if edges else []
    words += ["by rating"] if architecture.get("edge_weights") == "rating" else []
    return ", ".join(words)


def _size(hyperparameters: Mapping[str, Value]) -> str:
    size = hyperparameters.get("embedding_size")
    return f"{size} numbers" if size else "embedding"

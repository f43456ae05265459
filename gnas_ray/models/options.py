"""An architecture's decisions, read into the values a recommender is built from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from gnas_ray.core import Problem, UsageError, Value, nearest
from gnas_ray.models.graph import GraphOptions

Member = TypeVar("Member")

_DEFAULT_GRAPH = GraphOptions()


@dataclass(frozen=True)
class LayerOptions:
    """Decisions of one layer.

    Attributes:
        operator: A key of `operators.OPERATORS`.
        activation: A key of `activations.ACTIVATIONS`.
        residual: Whether the layer's input is added to its output.
    """

    operator: str = "lightgcn"
    activation: str = "none"
    residual: bool = False


@dataclass(frozen=True)
class RecommenderOptions:
    """What decides a recommender's structure; a space that leaves a decision out gets the default here.

    Attributes:
        item_features: A key of `item_features.ITEM_FEATURES`.
        text_encoder: Whose vectors the items have; "" for the only one there is.
        text_projection: A key of `projections.PROJECTIONS`.
        fusion: A key of `fusions.FUSIONS`.
        layers: From the input on; none is matrix factorisation.
        readout: A key of `readouts.READOUTS`; without layers there is nothing to read out.
        graph: What the layers pass messages over.
    """

    item_features: str = "id"
    text_encoder: str = ""
    text_projection: str = "linear"
    fusion: str = "sum"
    layers: tuple[LayerOptions, ...] = ()
    readout: str = "mean"
    graph: GraphOptions = _DEFAULT_GRAPH

    @classmethod
    def from_architecture(cls, architecture: Mapping[str, Value]) -> "RecommenderOptions":
        """The options of a member of a search space, e.g. ``{"num_layers": 1, "layer.0.operator": "gat"}``.

        Decisions that are not about the recommender (the loss) are left alone.
        """
        num_layers = int(architecture.get("num_layers", 0))
        return cls(
            item_features=str(architecture.get("item_features", cls.item_features)),
            text_encoder=str(architecture.get("text_encoder", cls.text_encoder)),
            text_projection=str(architecture.get("text_projection", cls.text_projection)),
            fusion=str(architecture.get("fusion", cls.fusion)),
            layers=tuple(_layer(architecture, index) for index in range(num_layers)),
            readout=str(architecture.get("readout", cls.readout)),
            graph=_graph(architecture),
        )

    @property
    def uses_text(self) -> bool:
        """Whether item texts are read at all, for features or for edges."""
        return self.item_features != "id" or (bool(self.layers) and self.graph.text_edges > 0)


def choose(family: Mapping[str, Member], option: str, decision: str) -> Member:
    """The family's member that `option` names.

    Raises:
        UsageError: There is none.
    """
    if option in family:
        return family[option]
    raise UsageError("architecture", [Problem("", f"{decision} is {option!r}{nearest(option, family)}")])


def _layer(architecture: Mapping[str, Value], index: int) -> LayerOptions:
    prefix = f"layer.{index}."
    return LayerOptions(
        operator=str(architecture.get(prefix + "operator", LayerOptions.operator)),
        activation=str(architecture.get(prefix + "activation", LayerOptions.activation)),
        residual=bool(architecture.get(prefix + "residual", LayerOptions.residual)),
    )


def _graph(architecture: Mapping[str, Value]) -> GraphOptions:
    return GraphOptions(
        neighbour_cap=int(architecture.get("neighbour_cap", GraphOptions.neighbour_cap)),
        text_edges=int(architecture.get("text_edges", GraphOptions.text_edges)),
        edge_weights=str(architecture.get("edge_weights", GraphOptions.edge_weights)),
    )

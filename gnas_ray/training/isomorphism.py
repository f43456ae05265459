"""Which members of a search space are the same recommender."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import product

from gnas_ray.core import Value
from gnas_ray.models.graph import GraphOptions
from gnas_ray.models.operators import OPERATORS
from gnas_ray.models.options import LayerOptions
from gnas_ray.space import Isomorphism, SearchSpace

_OF_THE_GRAPH = tuple(field.name for field in fields(GraphOptions))


def recommender_isomorphism(space: SearchSpace) -> Isomorphism | None:
    """Members that differ only in what their layers take no notice of; None where there are none.

    Without a layer that hears neighbours it does not matter who they are, and without one that weighs edges not what
    they weigh. A search space can't say so: whether a decision is active may depend on some layer, but not on all.
    A decision that others depend on is left alone.
    """
    asked = {name for choice in (*space.decisions, *space.hyperparameters) for name in choice.when.names}
    idle = {d.name: d.options for d in space.decisions if d.name in _OF_THE_GRAPH and d.name not in asked}
    operators = {option for d in space.decisions if d.name.endswith(".operator") for option in d.options}
    not_weighing = {option for option in operators if not OPERATORS[str(option)].uses_edge_weights}
    deaf = {option for option in not_weighing if not OPERATORS[str(option)].uses_graph}
    if not not_weighing or not any(len(options) > 1 for options in idle.values()):
        return None

    def same(architecture: Mapping[str, Value]) -> Sequence[Mapping[str, Value]]:
        layers = [f"layer.{index}.operator" for index in range(int(architecture.get("num_layers", 0)))]
        chosen = {architecture.get(layer, LayerOptions.operator) for layer in layers}
        if not chosen <= not_weighing:
            return [architecture]
        names = [name for name in idle if name in architecture and (name == "edge_weights" or chosen <= deaf)]
        combinations = product(*(idle[name] for name in names))
        return [{**architecture, **dict(zip(names, options, strict=True))} for options in combinations]

    return same

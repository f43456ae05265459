"""The whole module: from ids and texts to one vector a user and one an item."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gnas_ray.models.activations import ACTIVATIONS
from gnas_ray.models.dropout import dropout, noise_like
from gnas_ray.models.graph import Graph
from gnas_ray.models.item_features import ITEM_FEATURES, embedding
from gnas_ray.models.operators import OPERATORS
from gnas_ray.models.options import LayerOptions, RecommenderOptions, choose
from gnas_ray.models.readouts import READOUTS
from gnas_ray.models.view import PLAIN, View


@dataclass(frozen=True)
class RecommenderInputs:
    """What a recommender sees of the data; constant in a trial.

    Attributes:
        num_users: Rows of the user table.
        num_items: Rows of the item table.
        graph: What its layers pass messages over; None without layers.
        text: Prepared text vectors (items, dim), see `Projection.prepare`; None where texts are not features.
    """

    num_users: int
    num_items: int
    graph: Graph | None = None
    text: Tensor | None = None


class Layer(nn.Module):
    """Operator, activation, residual connection."""

    def __init__(self, options: LayerOptions, width: int) -> None:
        super().__init__()
        self.operator = choose(OPERATORS, options.operator, "operator")(width)
        self.activation = choose(ACTIVATIONS, options.activation, "activation")()
        self.residual = options.residual

    def forward(self, x: Float[Tensor, "nodes width"], graph: Graph) -> Float[Tensor, "nodes width"]:
        """Every node's new vector."""
        out: Tensor = self.activation(self.operator(x, graph))
        return out + x if self.residual else out


class Recommender(nn.Module):
    """Two towers that meet in the graph; a score is the dot product of a user's and an item's vector.

    Args:
        options: The structure.
        inputs: The data's constants, on the device the parameters will be on.
        width: Embedding size.
        dropout: Probability with which an entry of the input vectors is dropped while training.
    """

    def __init__(
        self, options: RecommenderOptions, inputs: RecommenderInputs, *, width: int, dropout: float = 0.0
    ) -> None:
        super().__init__()
        if options.layers and inputs.graph is None:
            raise ValueError(f"{len(options.layers)} layers need a graph")
        features = choose(ITEM_FEATURES, options.item_features, "item_features")
        self.num_items = inputs.num_items
        self.user_embedding = embedding(inputs.num_users, width)
        self.item_features = features(options, inputs.num_items, inputs.text, width)
        self.layers = nn.ModuleList(Layer(layer, width) for layer in options.layers)
        self.readout = choose(READOUTS, options.readout, "readout")(width) if options.layers else None
        self.dropout = dropout
        self._graph = inputs.graph

    @property
    def graph(self) -> Graph:
        """What the layers pass messages over.

        Raises:
            ValueError: There is none.
        """
        if self._graph is None:
            raise ValueError("a recommender without a graph")
        return self._graph

    def forward(self, view: View = PLAIN) -> tuple[Float[Tensor, "users out"], Float[Tensor, "items out"]]:
        """Vectors of all users and all items."""
        return self.split(self.read_out(self.layer_outputs(view)))

    def layer_outputs(self, view: View = PLAIN) -> list[Float[Tensor, "nodes width"]]:
        """The input vectors of all nodes, then those after each layer."""
        x = torch.cat([self.user_embedding, self.item_features(view)])
        if view.mask is not None:
            x = x * view.mask
        outputs = [dropout(x, self.dropout, training=self.training)]
        for layer in self.layers:
            x = layer(outputs[-1], view.graph or self.graph)
            outputs.append(x + noise_like(x, view.noise) if view.noise > 0 else x)
        return outputs

    def read_out(self, outputs: list[Float[Tensor, "nodes width"]]) -> Float[Tensor, "nodes out"]:
        """What all layers' outputs come to, in float32: gradients of many rows are added up in it."""
        read: Tensor = outputs[0] if self.readout is None else self.readout(outputs)
        return read.float()

    def split(self, nodes: Float[Tensor, "nodes any"]) -> tuple[Float[Tensor, "users any"], Float[Tensor, "items any"]]:
        """Rows of all nodes, as users' and items'."""
        num_users = len(self.user_embedding)
        return nodes[:num_users], nodes[num_users:]


def build_recommender(
    options: RecommenderOptions, inputs: RecommenderInputs, *, width: int, dropout: float, seed: int
) -> Recommender:
    """A recommender whose initial parameters are a function of `seed`; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Recommender(options, inputs, width=width, dropout=dropout)

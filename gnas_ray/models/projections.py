"""From an encoder's text vectors to the recommender's width, by the `text_projection` decision.

One learning rate serves id embeddings and projections: text vectors have length 1 on average and weights start near
`INITIAL_SCALE`, as embeddings do. With inputs of unit entries and weights of 0.005, Adam's first steps at the
embeddings' rate are larger than the weights, and validation NDCG@20 on MovieLens-100K stayed under .25.
"""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gnas_ray.core.family import Family


class Projection(nn.Module, ABC):
    """Constructed as ``Member(text_dim, width)``; its input is constant within a trial."""

    @staticmethod
    @abstractmethod
    def prepare(text: Float[Tensor, "items dim"], width: int) -> Float[Tensor, "items prepared"]:
        """What of the projection has no parameters: done once a trial."""

    @abstractmethod
    def forward(self, prepared: Float[Tensor, "items prepared"]) -> Float[Tensor, "items width"]:
        """The items' projected texts."""


class Frozen(Projection):
    """The first principal components, with one learned scale.

    Padded with zeros where the texts have fewer dimensions than `width`.
    """

    def __init__(self, text_dim: int, width: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(INITIAL_SCALE * width**0.5))

    @staticmethod
    def prepare(text: Float[Tensor, "items dim"], width: int) -> Float[Tensor, "items prepared"]:
        """See `Projection.prepare`."""
        return principal_components(text, width)

    def forward(self, prepared: Float[Tensor, "items prepared"]) -> Float[Tensor, "items width"]:
        """See `Projection.forward`."""
        return self.scale * prepared


class Linear(Projection):
    """One linear map of the standardised text vectors."""

    def __init__(self, text_dim: int, width: int) -> None:
        super().__init__()
        self.linear = _linear(text_dim, width, std=INITIAL_SCALE)

    @staticmethod
    def prepare(text: Float[Tensor, "items dim"], width: int) -> Float[Tensor, "items prepared"]:
        """See `Projection.prepare`."""
        return standardise(text)

    def forward(self, prepared: Float[Tensor, "items prepared"]) -> Float[Tensor, "items width"]:
        """See `Projection.forward`."""
        projected: Tensor = self.linear(prepared)
        return projected


class MLP(Projection):
    """Two linear maps with a ReLU between; the hidden layer is twice as wide as the output."""

    def __init__(self, text_dim: int, width: int) -> None:
        super().__init__()
        hidden = 2 * width
        # The hidden vectors' mean squared length is 1/2: half of the entries are cut off.
        self.layers = nn.Sequential(
            _linear(text_dim, hidden, std=hidden**-0.5), nn.ReLU(), _linear(hidden, width, std=INITIAL_SCALE * 2**0.5)
        )

    @staticmethod
    def prepare(text: Float[Tensor, "items dim"], width: int) -> Float[Tensor, "items prepared"]:
        """See `Projection.prepare`."""
        return standardise(text)

    def forward(self, prepared: Float[Tensor, "items prepared"]) -> Float[Tensor, "items width"]:
        """See `Projection.forward`."""
        projected: Tensor = self.layers(prepared)
        return projected


INITIAL_SCALE = 0.1
"""Typical size of a vector's entries at the start of training, of id embeddings and projected texts alike."""

PROJECTIONS: Family[type[Projection]] = Family("projections", {"none": Frozen, "linear": Linear, "mlp": MLP})


def standardise(text: Float[Tensor, "items dim"]) -> Float[Tensor, "items dim"]:
    """Centred, mean squared length 1. The common offset of sentence vectors says nothing about an item."""
    return _unit_length(text - text.mean(dim=0))


def principal_components(text: Float[Tensor, "items dim"], width: int) -> Float[Tensor, "items width"]:
    """The `width` components of largest variance, signs fixed so that every machine gets the same vectors."""
    centred = (text - text.mean(dim=0)).double()
    _, axes = torch.linalg.eigh(centred.T @ centred)  # ascending
    axes = axes.flip(1)[:, :width]
    largest = axes.gather(0, axes.abs().argmax(dim=0, keepdim=True))
    components = centred @ (axes * largest.sign())
    return torch.nn.functional.pad(_unit_length(components).float(), (0, width - components.shape[1]))


def _unit_length(vectors: Tensor) -> Tensor:
    length = vectors.square().sum(dim=1).mean().sqrt()
    return vectors / length.clamp_min(1e-12)


def _linear(num_in: int, num_out: int, *, std: float) -> nn.Linear:
    linear = nn.Linear(num_in, num_out)
    nn.init.normal_(linear.weight, std=std)
    nn.init.zeros_(linear.bias)
    return linear

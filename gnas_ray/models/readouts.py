"""From a node's vectors after every layer (the input counts as one) to the vector it is scored by."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gnas_ray.core.family import Family


class Readout(nn.Module, ABC):
    """Constructed as ``Member(width)``."""

    @abstractmethod
    def forward(self, layers: Sequence[Float[Tensor, "nodes width"]]) -> Float[Tensor, "nodes out"]:
        """One vector a node; `layers` starts with the input."""


class Last(Readout):
    """The last layer's."""

    def __init__(self, width: int) -> None:
        super().__init__()

    def forward(self, layers: Sequence[Float[Tensor, "nodes width"]]) -> Float[Tensor, "nodes out"]:
        """See `Readout.forward`."""
        return layers[-1]


class Mean(Readout):
    """The mean of all, the input included (LightGCN, arXiv:2002.02126, equation 4)."""

    def __init__(self, width: int) -> None:
        super().__init__()

    def forward(self, layers: Sequence[Float[Tensor, "nodes width"]]) -> Float[Tensor, "nodes out"]:
        """See `Readout.forward`."""
        total = layers[0]
        for layer in layers[1:]:
            total = total + layer
        return total / len(layers)


class Concat(Readout):
    """All of them side by side (NGCF, arXiv:1905.08108, equation 9): scores add up over layers."""

    def __init__(self, width: int) -> None:
        super().__init__()

    def forward(self, layers: Sequence[Float[Tensor, "nodes width"]]) -> Float[Tensor, "nodes out"]:
        """See `Readout.forward`."""
        return torch.cat(list(layers), dim=1)


class Attention(Readout):
    """A weighted mean, weights from a softmax over the layers of q tanh(x W + b), for every node its own."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1, bias=False))

    def forward(self, layers: Sequence[Float[Tensor, "nodes width"]]) -> Float[Tensor, "nodes out"]:
        """See `Readout.forward`."""
        weights = torch.softmax(torch.cat([self.score(layer) for layer in layers], dim=1), dim=1)
        return torch.stack(list(layers), dim=2).mul(weights.unsqueeze(1)).sum(dim=2)


READOUTS: Family[type[Readout]] = Family(
    "readouts", {"last": Last, "mean": Mean, "concat": Concat, "attention": Attention}
)

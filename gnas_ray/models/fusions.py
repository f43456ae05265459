"""Joining an item's id embedding with its projected text, by the `fusion` decision."""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gnas_ray.core.family import Family


class Fusion(nn.Module, ABC):
    """Constructed as ``Member(width)``."""

    @abstractmethod
    def forward(
        self, identity: Float[Tensor, "items width"], text: Float[Tensor, "items width"]
    ) -> Float[Tensor, "items width"]:
        """One vector an item."""


class Sum(Fusion):
    """identity + text."""

    def __init__(self, width: int) -> None:
        super().__init__()

    def forward(
        self, identity: Float[Tensor, "items width"], text: Float[Tensor, "items width"]
    ) -> Float[Tensor, "items width"]:
        """See `Fusion.forward`."""
        return identity + text


class Concat(Fusion):
    """[identity, text] W + b."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(2 * width, width)

    def forward(
        self, identity: Float[Tensor, "items width"], text: Float[Tensor, "items width"]
    ) -> Float[Tensor, "items width"]:
        """See `Fusion.forward`."""
        fused: Tensor = self.linear(torch.cat([identity, text], dim=1))
        return fused


class Gate(Fusion):
    """g identity + (1 - g) text with g = sigmoid([identity, text] W + b), a gate for every dimension."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gate = nn.Linear(2 * width, width)

    def forward(
        self, identity: Float[Tensor, "items width"], text: Float[Tensor, "items width"]
    ) -> Float[Tensor, "items width"]:
        """See `Fusion.forward`."""
        share = torch.sigmoid(self.gate(torch.cat([identity, text], dim=1)))
        return _mixed(identity, text, share)


class Attention(Fusion):
    """Softmax over the two of q tanh(x W + b): one weight an item and source."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1, bias=False))

    def forward(
        self, identity: Float[Tensor, "items width"], text: Float[Tensor, "items width"]
    ) -> Float[Tensor, "items width"]:
        """See `Fusion.forward`."""
        share = torch.sigmoid(self.score(identity) - self.score(text))  # softmax over two
        return _mixed(identity, text, share)


FUSIONS: Family[type[Fusion]] = Family("fusions", {"sum": Sum, "concat": Concat, "gate": Gate, "attention": Attention})


def _mixed(
    identity: Float[Tensor, "items width"], text: Float[Tensor, "items width"], share: Float[Tensor, "items #width"]
) -> Float[Tensor, "items width"]:
    """`share` identity + (1 - `share`) text. `lerp` wants one dtype; under autocast a linear map gives another."""
    return torch.lerp(text.to(identity.dtype), identity, share.to(identity.dtype))

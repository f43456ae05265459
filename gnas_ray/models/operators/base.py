"""What a message-passing operator is."""

from abc import ABC, abstractmethod
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor, nn

from gnas_ray.models.graph import Graph


class Operator(nn.Module, ABC):
    """One layer of message passing that keeps the vectors' width.

    A member is constructed as ``Member(width)``. It holds parameters only: the graph comes with every call, so that
    one graph serves all layers. Non-linearity, residual connection and dropout are not its business.

    Attributes:
        uses_edge_weights: Whether it matters what the edges weigh.
        uses_graph: Whether it matters which edges there are; who does not use the graph does not use weights either.
    """

    uses_edge_weights: ClassVar[bool] = True
    uses_graph: ClassVar[bool] = True

    @abstractmethod
    def forward(self, x: Float[Tensor, "nodes width"], graph: Graph) -> Float[Tensor, "nodes width"]:
        """Every node's new vector.

        A node without neighbours gets what the operator's formula gives for an empty sum.
        """

"""No message passing."""

from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from gnas_ray.models.graph import Graph
from gnas_ray.models.operators.base import Operator


class Identity(Operator):
    """x' = x: a layer that only applies its activation."""

    uses_edge_weights: ClassVar[bool] = False
    uses_graph: ClassVar[bool] = False

    def __init__(self, width: int) -> None:
        super().__init__()

    def forward(self, x: Float[Tensor, "nodes width"], graph: Graph) -> Float[Tensor, "nodes width"]:
        """See `Operator.forward`."""
        return x

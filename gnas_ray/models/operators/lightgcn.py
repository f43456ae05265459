"""LightGCN's propagation: neighbours, symmetrically normalised, no parameters."""

from jaxtyping import Float
from torch import Tensor

from gnas_ray.models.graph import Graph
from gnas_ray.models.operators.base import Operator
from gnas_ray.models.propagation import propagate


class LightGCN(Operator):
    """x' = D^-1/2 A D^-1/2 x (He et al. 2020, arXiv:2002.02126, equation 3).

    The formula of `torch_geometric.nn.LGConv`, which has no parameters and whose backward over a sparse tensor
    converts the matrix each time.
    """

    def __init__(self, width: int) -> None:
        super().__init__()

    def forward(self, x: Float[Tensor, "nodes width"], graph: Graph) -> Float[Tensor, "nodes width"]:
        """See `Operator.forward`."""
        return propagate(graph.normalised, x)

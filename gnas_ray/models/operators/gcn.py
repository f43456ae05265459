"""Graph convolution with self-loops and one linear map."""

from jaxtyping import Float
from torch import Tensor
from torch_geometric.nn import GCNConv

from gnas_ray.models.graph import Graph
from gnas_ray.models.operators.base import Operator
from gnas_ray.models.propagation import propagate


class GCN(Operator):
    """x' = D^-1/2 (A + I) D^-1/2 x W + b (Kipf and Welling 2017, arXiv:1609.02907, equation 2).

    Parameters and their initialisation are `torch_geometric.nn.GCNConv`'s; the product is ours because its
    backward over a sparse tensor converts the matrix each time.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = GCNConv(width, width)

    def forward(self, x: Float[Tensor, "nodes width"], graph: Graph) -> Float[Tensor, "nodes width"]:
        """See `Operator.forward`."""
        mapped: Tensor = self.conv.lin(x)
        bias: Tensor = self.conv.bias
        return propagate(graph.self_looped, mapped) + bias

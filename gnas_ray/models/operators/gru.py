"""Gated graph operator: a GRU cell reads what the node hears."""

from jaxtyping import Float
from torch import Tensor
from torch_geometric.nn import GatedGraphConv

from gnas_ray.models.graph import Graph
from gnas_ray.models.operators.base import Operator
from gnas_ray.models.propagation import propagate


class GRU(Operator):
    """x' = GRU(D^-1/2 A D^-1/2 x W, x) (Li et al. 2016, arXiv:1511.05493, section 3.2), one step a layer.

    Messages are symmetrically normalised where the paper sums them: with degrees over three orders of magnitude a
    sum saturates the gates. This is `torch_geometric.nn.GatedGraphConv` given those edge weights; parameters are
    its own, the product is ours, see `GCN`.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = GatedGraphConv(width, num_layers=1)

    def forward(self, x: Float[Tensor, "nodes width"], graph: Graph) -> Float[Tensor, "nodes width"]:
        """See `Operator.forward`."""
        heard = propagate(graph.normalised, x @ self.conv.weight[0])
        out: Tensor = self.conv.rnn(heard, x)
        return out

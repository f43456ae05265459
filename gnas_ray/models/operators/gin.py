"""Graph isomorphism operator: sum of the neighbours through a small network."""

from jaxtyping import Float
from torch import Tensor, nn
from torch_geometric.nn import GINConv

from gnas_ray.models.graph import Graph
from gnas_ray.models.operators.base import Operator
from gnas_ray.models.propagation import propagate


class GIN(Operator):
    """x' = MLP((1 + eps) x + A x), eps learned (Xu et al. 2019, arXiv:1810.00826, equation 4.1).

    Batch normalisation inside the network, as in the paper's experiments: without it a node's sum grows with its
    degree, which here spans three orders of magnitude. Parameters are `torch_geometric.nn.GINConv`'s; the
    product is ours, see `GCN`.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        network = nn.Sequential(nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, width))
        self.conv = GINConv(network, train_eps=True)

    def forward(self, x: Float[Tensor, "nodes width"], graph: Graph) -> Float[Tensor, "nodes width"]:
        """See `Operator.forward`."""
        out: Tensor = self.conv.nn((1 + self.conv.eps) * x + propagate(graph.adjacency, x))
        return out

"""GraphSAGE with the mean aggregator."""

from jaxtyping import Float
from torch import Tensor
from torch_geometric.nn import SAGEConv

from gnas_ray.models.graph import Graph
from gnas_ray.models.operators.base import Operator
from gnas_ray.models.propagation import propagate


class GraphSAGE(Operator):
    """x' = mean(neighbours) W_1 + x W_2 + b (Hamilton et al. 2017, arXiv:1706.02216, section 3.3).

    Parameters are `torch_geometric.nn.SAGEConv`'s; the product is ours, see `GCN`. Unlike PyG's, the mean is
    weighted where edges have weights.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = SAGEConv(width, width, aggr="mean")

    def forward(self, x: Float[Tensor, "nodes width"], graph: Graph) -> Float[Tensor, "nodes width"]:
        """See `Operator.forward`."""
        heard: Tensor = self.conv.lin_l(propagate(graph.mean, x))
        root: Tensor = self.conv.lin_r(x)
        return heard + root

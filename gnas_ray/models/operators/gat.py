"""Graph attention, the second version."""

from jaxtyping import Float
from torch import Tensor
from torch_geometric.nn import GATv2Conv

from gnas_ray.models.graph import Graph
from gnas_ray.models.operators.base import Operator


class GAT(Operator):
    """GATv2 (Brody et al. 2022, arXiv:2105.14491, equation 7) with one head and self-loops: PyG's own.

    Edge weights are not used: attention weighs the neighbours itself.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = GATv2Conv(width, width)

    def forward(self, x: Float[Tensor, "nodes width"], graph: Graph) -> Float[Tensor, "nodes width"]:
        """See `Operator.forward`."""
        out: Tensor = self.conv(x, graph.edge_index)
        return out

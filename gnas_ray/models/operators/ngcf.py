"""NGCF's bi-interaction: what a node hears, and how it agrees with the node."""

from jaxtyping import Float
from torch import Tensor, nn

from gnas_ray.models.graph import Graph
from gnas_ray.models.operators.base import Operator
from gnas_ray.models.propagation import propagate


class NGCF(Operator):
    """x' = (x + L x) W_1 + (L x * x) W_2, L = D^-1/2 A D^-1/2 (Wang et al. 2019, arXiv:1905.08108, equation 7).

    The paper's LeakyReLU is the layer's activation decision. PyG has no such operator.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.interaction = nn.Linear(width, width)

    def forward(self, x: Float[Tensor, "nodes width"], graph: Graph) -> Float[Tensor, "nodes width"]:
        """See `Operator.forward`."""
        heard = propagate(graph.normalised, x)
        combined: Tensor = self.linear(x + heard) + self.interaction(heard * x)
        return combined

"""Personalised PageRank: neighbours of neighbours in one layer, and always some of the node itself."""

from jaxtyping import Float
from torch import Tensor

from gnas_ray.models.graph import Graph
from gnas_ray.models.operators.base import Operator
from gnas_ray.models.propagation import propagate

STEPS = 4
TELEPORT = 0.2
"""The paper takes 10 steps and a teleport probability of .1, for which a layer would cost 10 products. (1 - .2)^4 is
near (1 - .1)^10: as much of a vector comes from the last step, sooner."""


class APPNP(Operator):
    """z_0 = x, z_{k+1} = .8 D^-1/2 (A + I) D^-1/2 z_k + .2 x, x' = z_4 (Gasteiger et al. 2019, arXiv:1810.05997,
    equation 4).

    The formula of `torch_geometric.nn.APPNP`; the product is ours, see `GCN`.
    """

    def __init__(self, width: int) -> None:
        super().__init__()

    def forward(self, x: Float[Tensor, "nodes width"], graph: Graph) -> Float[Tensor, "nodes width"]:
        """See `Operator.forward`."""
        out = x
        for _ in range(STEPS):
            out = (1.0 - TELEPORT) * propagate(graph.self_looped, out) + TELEPORT * x
        return out

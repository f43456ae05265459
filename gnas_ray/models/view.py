"""How a forward pass sees the data."""

from dataclasses import dataclass

from jaxtyping import Bool, Float
from torch import Tensor

from gnas_ray.models.graph import Graph


@dataclass(frozen=True)
class View:
    """The default is the data as it is.

    Attributes:
        graph: Pass messages over this one, of the same nodes; None: the recommender's own.
        noise: Length of the random vector added to every node after every layer (Yu et al. 2022, arXiv:2112.08679,
            equation 7).
        mask: Factors of the input vectors' dimensions; None: all are whole.
        text_kept: False for items that look as if they had no text; None: for none of them.
        text_factor: What the items' projected texts are multiplied by; None: they are as they are.
    """

    graph: Graph | None = None
    noise: float = 0.0
    mask: Float[Tensor, " width"] | None = None
    text_kept: Bool[Tensor, "items 1"] | None = None
    text_factor: Float[Tensor, "items #width"] | None = None


PLAIN = View()

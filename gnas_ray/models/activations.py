"""Non-linearities between layers, by the name the `activation` decision gives them."""

from collections.abc import Callable

from torch import nn

from gnas_ray.core.family import Family

ACTIVATIONS: Family[Callable[[], nn.Module]] = Family(
    "activations",
    {
        "none": nn.Identity,
        "relu": nn.ReLU,
        "leaky_relu": lambda: nn.LeakyReLU(0.2),  # NGCF's slope
        "tanh": nn.Tanh,
        "elu": nn.ELU,
    },
)

"""Optimisers, by the name the `optimiser` hyperparameter gives them.

The shipped spaces leave `learning_rate_decay` and `gradient_clip` at their defaults, which do nothing: the average of
weights already does what a falling rate would. LightGCN with text and EASE with text on MovieLens-100K, mean of three
seeds, the best of 32 epochs by validation NDCG@20: .3131; .3121 where the rate falls by 3% an epoch, .3067 by 7%; .3131
with gradients clipped to a norm of .1, .3134 to .02.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from gnas_ray.core.family import Family
from gnas_ray.models.options import choose


def _adam(parameters: Iterable[nn.Parameter], learning_rate: float, weight_decay: float) -> torch.optim.Optimizer:
    return torch.optim.Adam(parameters, lr=learning_rate, weight_decay=weight_decay, fused=True)


def _adamw(parameters: Iterable[nn.Parameter], learning_rate: float, weight_decay: float) -> torch.optim.Optimizer:
    return torch.optim.AdamW(parameters, lr=learning_rate, weight_decay=weight_decay, fused=True)


def _sgd(parameters: Iterable[nn.Parameter], learning_rate: float, weight_decay: float) -> torch.optim.Optimizer:
    return torch.optim.SGD(
        parameters, lr=learning_rate, weight_decay=weight_decay, momentum=0.9, nesterov=True, fused=True
    )


OPTIMISERS: Family[Callable[[Iterable[nn.Parameter], float, float], torch.optim.Optimizer]] = Family(
    "optimisers",
    {
        "adam": _adam,
        "adamw": _adamw,
        "sgd": _sgd,
    },
)


def build_optimiser(
    name: str, parameters: Iterable[nn.Parameter], *, learning_rate: float, weight_decay: float
) -> torch.optim.Optimizer:
    """The optimiser `name`; `weight_decay` is an L2 term for adam and sgd, decoupled for adamw."""
    return choose(OPTIMISERS, name, "optimiser")(parameters, learning_rate, weight_decay)


def set_learning_rate(optimiser: torch.optim.Optimizer, learning_rate: float) -> None:
    """For all parameters, from the next step on."""
    for group in optimiser.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(learning_rate)
        else:
            group["lr"] = learning_rate

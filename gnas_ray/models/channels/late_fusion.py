"""Adding a channel's score to a network's, on one scale."""

import torch
from jaxtyping import Float
from torch import Tensor

from gnas_ray.models.vectors import Vectors


def score_deviation(users: Float[Tensor, "users width"], items: Float[Tensor, "items width"]) -> Float[Tensor, ""]:
    """Standard deviation of all users' scores of all items, float64.

    From moments, without the scores: their mean is the product of the mean vectors, and their squares sum to the
    product, entry by entry, of ``usersᵀ users`` and ``itemsᵀ items``.
    """
    users, items = users.double(), items.double()
    mean = users.mean(0) @ items.mean(0)
    mean_square = ((users.T @ users / len(users)) * (items.T @ items / len(items))).sum()
    return (mean_square - mean.square()).clamp_min(0).sqrt()


def standardise(vectors: Vectors) -> Vectors:
    """Vectors whose scores have standard deviation 1; scores that are all equal stay as they are."""
    users, items, keys = vectors
    deviation = score_deviation(users, items)
    if deviation == 0:
        return vectors
    return Vectors((users / deviation).to(users), items, None if keys is None else (keys / deviation.cpu()).to(keys))


def fuse(network: Vectors, channel: Vectors, *, weight: float) -> Vectors:
    """Vectors whose score is the network's plus `weight` of its standard deviations of the channel's, without keys.

    Args:
        network: Its vectors.
        channel: The channel's, standardised.
        weight: The channel's share against the network's.
    """
    users = (channel.users * _scale(network, weight)).to(network.users)
    return Vectors(torch.cat([network.users, users], 1), torch.cat([network.items, channel.items], 1))


def fused_keys(network: Vectors, channel: Vectors, *, weight: float) -> Float[Tensor, "items fused"] | None:
    """The keys of what `fuse` makes of the same, on the keys' device: the network has none."""
    if channel.keys is None:
        return None
    keys = (channel.keys * _scale(network, weight).cpu()).to(channel.keys)
    return torch.cat([keys.new_zeros(network.items.shape), keys], 1)


def _scale(network: Vectors, weight: float) -> Float[Tensor, ""]:
    return weight * score_deviation(network.users, network.items)

"""Adding a channel's score to a network's, on one scale."""

import torch
from jaxtyping import Float
from torch import Tensor


def score_deviation(users: Float[Tensor, "users width"], items: Float[Tensor, "items width"]) -> Float[Tensor, ""]:
    """Standard deviation of all users' scores of all items, float64.

    From moments, without the scores: their mean is the product of the mean vectors, and their squares sum to the
    product, entry by entry, of ``usersᵀ users`` and ``itemsᵀ items``.
    """
    users, items = users.double(), items.double()
    mean = users.mean(0) @ items.mean(0)
    mean_square = ((users.T @ users / len(users)) * (items.T @ items / len(items))).sum()
    return (mean_square - mean.square()).clamp_min(0).sqrt()


def standardise(
    users: Float[Tensor, "users rank"], items: Float[Tensor, "items rank"]
) -> tuple[Float[Tensor, "users rank"], Float[Tensor, "items rank"]]:
    """Vectors whose scores have standard deviation 1; scores that are all equal stay as they are."""
    deviation = score_deviation(users, items)
    return (users / deviation).to(users.dtype) if deviation > 0 else users, items


def fuse(
    network: tuple[Float[Tensor, "users width"], Float[Tensor, "items width"]],
    channel: tuple[Float[Tensor, "users rank"], Float[Tensor, "items rank"]],
    *,
    weight: float,
) -> tuple[Float[Tensor, "users fused"], Float[Tensor, "items fused"]]:
    """Vectors whose score is the network's plus `weight` of its standard deviations of the channel's.

    Args:
        network: Its users' and items' vectors.
        channel: The channel's, standardised.
        weight: The channel's share against the network's.
    """
    (users, items), (channel_users, channel_items) = network, channel
    scale = weight * score_deviation(users, items)
    return torch.cat([users, (channel_users * scale).to(users.dtype)], 1), torch.cat([items, channel_items], 1)

"""Adversarial training: the loss where a small step hurts most."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from gnas_ray.training.ranks import Ranks

LossOfVectors = Callable[[Tensor, Tensor], Tensor]


def adversarial_loss(
    loss_of: LossOfVectors,
    loss: Float[Tensor, ""],
    users: Float[Tensor, "users width"],
    items: Float[Tensor, "items width"],
    *,
    length: float,
    ranks: Ranks,
) -> Float[Tensor, ""]:
    """The loss at vectors moved uphill by `length` of their own length (He et al. 2018, arXiv:1808.03908, equation 8).

    The paper moves the embeddings by a fixed length; here the vectors that are scored move, after the propagation,
    relative to their length: a second loss, but no second propagation. Where negatives have to beat others the draws
    are the same ones, but which of them wins is asked again, of the moved vectors.

    Args:
        loss_of: The rank's share of the loss, with the draws that `loss` was made with.
        loss: ``loss_of(users, items)``.
        users: Vectors of all users.
        items: Vectors of all items.
        length: Of the step.
        ranks: Uphill is a direction of the whole batch's loss.
    """
    uphill = torch.autograd.grad(loss, (users, items), retain_graph=True)
    ranks.sum(uphill)
    return loss_of(_moved(users, uphill[0], length), _moved(items, uphill[1], length))


def _moved(
    vectors: Float[Tensor, "n width"], direction: Float[Tensor, "n width"], length: float
) -> Float[Tensor, "n width"]:
    with torch.no_grad():
        step: Tensor = vectors.norm(dim=1, keepdim=True) * torch.nn.functional.normalize(direction, dim=1)
    return vectors + length * step

import pytest
import torch
from torch import Tensor

from gnas_ray.core import UsageError
from gnas_ray.training.adversarial import adversarial_loss
from gnas_ray.training.options import TrainingOptions
from gnas_ray.training.ranks import SingleRank
from tests.training.checkerboard import LIGHTGCN, trial


def quadratic(users: Tensor, items: Tensor) -> Tensor:
    return users.square().sum() + 0.0 * items.sum()


def test_moves_uphill_by_the_length_asked_for() -> None:
    users, items = torch.tensor([[3.0, 4.0], [0.0, 2.0]], requires_grad=True), torch.ones(1, 2, requires_grad=True)
    loss = quadratic(users, items)
    worst = adversarial_loss(quadratic, loss, users, items, length=0.1, ranks=SingleRank())
    # The gradient points along each vector, so each becomes 1.1 times as long.
    assert worst.item() == pytest.approx(1.1**2 * 29, rel=1e-5)
    worst.backward()
    assert users.grad is not None and torch.allclose(users.grad, 2 * 1.1 * users)  # the step itself is a constant


def test_no_smaller_step_in_any_direction_hurts_more() -> None:
    torch.manual_seed(0)
    users, items = torch.randn(5, 8, requires_grad=True), torch.randn(7, 8, requires_grad=True)

    def loss_of(users: Tensor, items: Tensor) -> Tensor:
        return torch.logsumexp(users @ items.T, dim=1).mean()

    loss = loss_of(users, items)
    worst = adversarial_loss(loss_of, loss, users, items, length=0.01, ranks=SingleRank())
    assert worst > loss
    for _ in range(50):
        steps = [torch.nn.functional.normalize(torch.randn_like(x), dim=1) for x in (users, items)]
        moved = [x + 0.01 * x.norm(dim=1, keepdim=True) * step for x, step in zip((users, items), steps, strict=True)]
        assert loss_of(moved[0], moved[1]) < worst


def test_unknown_kind_names_what_there_is() -> None:
    with pytest.raises(UsageError, match="adversarial is 'ap'; did you mean 'apr'"):
        TrainingOptions.from_trial(trial({**LIGHTGCN, "adversarial": "ap"}))

"""Every loss against a plain version that goes through the batch one positive at a time."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from gnas_ray.training.batches import Batch, Positives
from gnas_ray.training.losses import LOSSES, Loss, softmax
from gnas_ray.training.losses.softmax import sum_log_sum_exp
from gnas_ray.training.negatives import UniformNegatives
from gnas_ray.training.options import LossOptions

NUM_USERS, NUM_ITEMS, WIDTH = 5, 12, 3
OPTIONS = LossOptions(temperature=0.5, num_negatives=4)
SEED = 7


def positives() -> Positives:
    user = torch.tensor([0, 0, 0, 1, 1, 2, 3, 3, 4])
    item = torch.tensor([1, 2, 11, 2, 3, 2, 0, 1, 5])
    return Positives(user, item, NUM_USERS, NUM_ITEMS)


def whole_batch(mine: slice = slice(None)) -> Batch:
    """Seven of the nine; user 0 and item 2 occur several times."""
    order = torch.tensor([2, 0, 5, 3, 6, 1, 8])
    return Batch(positives().user_index[order], positives().item_index[order], mine)


def vectors() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    users = torch.randn(NUM_USERS, WIDTH, generator=generator)
    items = torch.randn(NUM_ITEMS, WIDTH, generator=generator)
    return users.requires_grad_(), items.requires_grad_()


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(SEED)


def log_softmax(positive: Tensor, others: list[Tensor]) -> Tensor:
    return -(positive.exp() / sum(other.exp() for other in others)).log()


def plain_bpr(users: Tensor, items: Tensor, batch: Batch) -> Tensor:
    drawn = UniformNegatives(positives()).draw(batch.user_index, 1, generator())
    total = torch.zeros(())
    for user, item, negative in zip(batch.user_index, batch.item_index, drawn[:, 0], strict=True):
        total = total - torch.sigmoid(users[user] @ items[item] - users[user] @ items[negative]).log()
    return total / len(batch)


def plain_full(users: Tensor, items: Tensor, batch: Batch) -> Tensor:
    total = torch.zeros(())
    for user, item in zip(batch.user_index, batch.item_index, strict=True):
        scores = [users[user] @ vector / 0.5 for vector in items]
        total = total + log_softmax(scores[item], scores)
    return total / len(batch)


def plain_in_batch(users: Tensor, items: Tensor, batch: Batch) -> Tensor:
    share = [(positives().item_index == item).sum() / 9 for item in range(NUM_ITEMS)]
    total = torch.zeros(())
    for user, item in zip(batch.user_index, batch.item_index, strict=True):
        scores = [users[user] @ items[other] / 0.5 - share[other].log() for other in batch.item_index]
        total = total + log_softmax(users[user] @ items[item] / 0.5 - share[item].log(), scores)
    return total / len(batch)


def plain_sampled(users: Tensor, items: Tensor, batch: Batch) -> Tensor:
    distinct = sorted(set(batch.user_index.tolist()))
    drawn = torch.randint(NUM_ITEMS, (len(distinct), 4), generator=generator())
    total = torch.zeros(())
    for user, item in zip(batch.user_index.tolist(), batch.item_index, strict=True):
        positive = users[user] @ items[item] / 0.5
        negatives = [users[user] @ items[other] / 0.5 for other in drawn[distinct.index(user)]]
        scaled = [negative + math.log(NUM_ITEMS / 4) for negative in negatives]
        total = total + log_softmax(positive, [positive, *scaled])
    return total / len(batch)


PLAIN: dict[str, Callable[[Tensor, Tensor, Batch], Tensor]] = {
    "bpr": plain_bpr,
    "full_softmax": plain_full,
    "sampled_softmax": plain_sampled,
    "in_batch_softmax": plain_in_batch,
}


def value_and_gradients(loss: Loss, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    users, items = vectors()
    value = loss(users, items, batch, generator())
    value.backward()
    assert users.grad is not None and items.grad is not None
    return value.detach(), users.grad, items.grad


@pytest.mark.parametrize("name", LOSSES)
def test_agrees_with_the_plain_version(name: str) -> None:
    users, items = vectors()
    expected = PLAIN[name](users, items, whole_batch())
    expected.backward()
    found = value_and_gradients(LOSSES[name](OPTIONS, positives()), whole_batch())
    torch.testing.assert_close(found, (expected.detach(), users.grad, items.grad), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_shares_of_the_ranks_add_up(name: str) -> None:
    loss = LOSSES[name](OPTIONS, positives())
    whole = value_and_gradients(loss, whole_batch())
    shares = [value_and_gradients(loss, whole_batch(part)) for part in (slice(0, 3), slice(3, 7))]
    summed = tuple(first + second for first, second in zip(*shares, strict=True))
    torch.testing.assert_close(summed, whole, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("block_bytes", [1, 100, 1 << 20])
def test_log_sum_exp_does_not_depend_on_the_block(block_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(softmax._BLOCK_BYTES, "cpu", block_bytes)
    users, items = vectors()
    weight, bias = torch.rand(NUM_USERS), torch.randn(NUM_ITEMS)
    value = sum_log_sum_exp(users, items, weight=weight, bias=bias)
    (3 * value).backward()
    plain_users, plain_items = vectors()
    plain = (weight * torch.logsumexp(plain_users @ plain_items.T + bias, dim=1)).sum()
    (3 * plain).backward()
    torch.testing.assert_close(
        (value, users.grad, items.grad), (plain, plain_users.grad, plain_items.grad), rtol=1e-4, atol=1e-6
    )


def test_log_sum_exp_of_large_scores_is_finite() -> None:
    rows, columns = torch.full((1, 1), 1e3), torch.full((2, 1), 1e3)
    value = sum_log_sum_exp(rows, columns, weight=torch.ones(1))
    assert value.item() == pytest.approx(1e6 + math.log(2), rel=1e-6)


def test_more_negatives_than_items_are_as_many_as_items() -> None:
    loss = LOSSES["sampled_softmax"](LossOptions(num_negatives=1000), positives())
    value, *_ = value_and_gradients(loss, whole_batch())
    assert value.isfinite()

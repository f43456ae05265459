"""Every loss against a plain version that goes through the batch one positive at a time."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from gnas_ray.training.batches import Batch, Positives
from gnas_ray.training.distinct import Distinct
from gnas_ray.training.losses import LOSSES, Loss, softmax
from gnas_ray.training.losses.direct_au import log_potential
from gnas_ray.training.losses.sampled_scores import _SampledScores
from gnas_ray.training.losses.softmax import sum_log_sum_exp
from gnas_ray.training.negatives import NEGATIVES, Asked, Drawn, build_negatives
from gnas_ray.training.options import LossOptions
from tests.models.autocast import cast_as_on_a_gpu

NUM_USERS, NUM_ITEMS, WIDTH = 5, 12, 3
OPTIONS = LossOptions(
    temperature=0.5, num_negatives=4, num_candidates=3, margin=0.2, negative_weight=3.0, uniformity_weight=0.7
)
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


def cosine(left: Tensor, right: Tensor) -> Tensor:
    return left @ right / (left.norm() * right.norm())


def draw(
    options: LossOptions, user_index: list[int], num_negatives: int, score: Callable[[int, int], Tensor], **asked: bool
) -> Drawn:
    """What the loss draws for `user_index`, whose scores are asked one by one; `test_negatives` shows it is right."""

    def scores(items: Tensor) -> Tensor:
        rows = zip(user_index, items.tolist(), strict=True)
        return torch.stack([torch.stack([score(user, item) for item in row]) for user, row in rows])

    request = Asked(torch.tensor(user_index), slice(None), num_negatives, scores, **asked)
    return build_negatives(options, positives()).draw(request, generator())


def plain_bpr(users: Tensor, items: Tensor, batch: Batch, options: LossOptions) -> Tensor:
    drawn = draw(options, batch.user_index.tolist(), 1, lambda user, item: users[user] @ items[item])
    total = torch.zeros(())
    for user, item, negative in zip(batch.user_index, batch.item_index, drawn.item_index[:, 0], strict=True):
        total = total - torch.sigmoid(users[user] @ items[item] - users[user] @ items[negative]).log()
    return total / len(batch)


def plain_full(users: Tensor, items: Tensor, batch: Batch, options: LossOptions) -> Tensor:
    total = torch.zeros(())
    for user, item in zip(batch.user_index, batch.item_index, strict=True):
        scores = [users[user] @ vector / 0.5 for vector in items]
        total = total + log_softmax(scores[item], scores)
    return total / len(batch)


def plain_in_batch(users: Tensor, items: Tensor, batch: Batch, options: LossOptions) -> Tensor:
    share = [(positives().item_index == item).sum() / 9 for item in range(NUM_ITEMS)]
    total = torch.zeros(())
    for user, item in zip(batch.user_index, batch.item_index, strict=True):
        scores = [users[user] @ items[other] / 0.5 - share[other].log() for other in batch.item_index]
        total = total + log_softmax(users[user] @ items[item] / 0.5 - share[item].log(), scores)
    return total / len(batch)


def plain_sampled(users: Tensor, items: Tensor, batch: Batch, options: LossOptions) -> Tensor:
    distinct = sorted(set(batch.user_index.tolist()))
    drawn = draw(options, distinct, 4, lambda user, item: users[user] @ items[item], avoid_positives=False)
    total = torch.zeros(())
    for user, item in zip(batch.user_index.tolist(), batch.item_index, strict=True):
        positive = users[user] @ items[item] / 0.5
        row = distinct.index(user)
        negatives = zip(drawn.item_index[row], drawn.log_weight[row], strict=True)
        corrected = [users[user] @ items[other] / 0.5 + weight for other, weight in negatives if other != item]
        total = total + log_softmax(positive, [positive, *corrected])
    return total / len(batch)


def plain_simplex(users: Tensor, items: Tensor, batch: Batch, options: LossOptions) -> Tensor:
    distinct = sorted(set(batch.user_index.tolist()))
    drawn = draw(options, distinct, 4, lambda user, item: cosine(users[user], items[item]))
    total = torch.zeros(())
    for user, item in zip(batch.user_index.tolist(), batch.item_index, strict=True):
        total = total + 1 - cosine(users[user], items[item])
        for negative in drawn.item_index[distinct.index(user)]:
            total = total + 3.0 / 4 * max(cosine(users[user], items[negative]) - 0.2, torch.zeros(()))
    return total / len(batch)


def plain_direct_au(users: Tensor, items: Tensor, batch: Batch, options: LossOptions) -> Tensor:
    user, item = ([vector / vector.norm() for vector in vectors] for vectors in (users, items))
    pairs = list(zip(batch.user_index.tolist(), batch.item_index.tolist(), strict=True))
    alignment = sum(((user[u] - item[i]).square().sum() for u, i in pairs), torch.zeros(())) / 7
    uniformity = [
        torch.stack([(-2 * (a - b).square().sum()).exp() for a in places for b in places]).mean().log()
        for places in ([user[u] for u, _ in pairs], [item[i] for _, i in pairs])
    ]
    return alignment + 0.7 * (uniformity[0] + uniformity[1]) / 2


PLAIN: dict[str, Callable[[Tensor, Tensor, Batch, LossOptions], Tensor]] = {
    "bpr": plain_bpr,
    "full_softmax": plain_full,
    "sampled_softmax": plain_sampled,
    "in_batch_softmax": plain_in_batch,
    "simplex": plain_simplex,
    "direct_au": plain_direct_au,
}
OPTIONS_OF = {
    f"{loss}-{name}": (loss, replace(OPTIONS, negatives=name))
    for loss in LOSSES
    for name in (NEGATIVES if loss in ("bpr", "sampled_softmax", "simplex") else ["uniform"])
}


def value_and_gradients(loss: Loss, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    users, items = vectors()
    value = loss(users, items, batch, generator())
    value.backward()
    assert users.grad is not None and items.grad is not None
    return value.detach(), users.grad, items.grad


@pytest.mark.usefixtures("distinct")
@pytest.mark.parametrize(("name", "options"), OPTIONS_OF.values(), ids=OPTIONS_OF)
def test_agrees_with_the_plain_version(name: str, options: LossOptions) -> None:
    users, items = vectors()
    expected = PLAIN[name](users, items, whole_batch(), options)
    expected.backward()
    found = value_and_gradients(LOSSES[name](options, positives()), whole_batch())
    torch.testing.assert_close(found, (expected.detach(), users.grad, items.grad), rtol=1e-4, atol=1e-6)


@pytest.mark.usefixtures("distinct")
@pytest.mark.parametrize(("name", "options"), OPTIONS_OF.values(), ids=OPTIONS_OF)
def test_shares_of_the_ranks_add_up(name: str, options: LossOptions) -> None:
    loss = LOSSES[name](options, positives())
    whole = value_and_gradients(loss, whole_batch())
    shares = [value_and_gradients(loss, whole_batch(part)) for part in (slice(0, 3), slice(3, 7))]
    summed = tuple(first + second for first, second in zip(*shares, strict=True))
    torch.testing.assert_close(summed, whole, rtol=1e-4, atol=1e-6)


@pytest.mark.usefixtures("distinct")
@pytest.mark.parametrize("name", LOSSES)
def test_rank_without_a_positive_adds_nothing(name: str) -> None:
    found = value_and_gradients(LOSSES[name](OPTIONS, positives()), whole_batch(slice(0, 0)))
    assert all((part == 0).all() for part in found)


@pytest.mark.parametrize("name", LOSSES)
def test_batch_of_one_has_a_finite_loss(name: str) -> None:
    batch = Batch(torch.tensor([1]), torch.tensor([3]), slice(None))
    assert all(part.isfinite().all() for part in value_and_gradients(LOSSES[name](OPTIONS, positives()), batch))


def test_the_positive_is_no_negative_of_itself() -> None:
    """All that can be drawn of a catalogue of one."""
    loss = LOSSES["sampled_softmax"](OPTIONS, Positives(torch.tensor([0]), torch.tensor([0]), 1, 1))
    users, items = torch.ones(1, 3, requires_grad=True), torch.ones(1, 3, requires_grad=True)
    value = loss(users, items, Batch(torch.tensor([0]), torch.tensor([0]), slice(None)), generator())
    value.backward()
    assert value.item() == 0
    assert users.grad is not None and (users.grad == 0).all()


@pytest.mark.parametrize("name", LOSSES)
def test_ranks_by_the_scores_it_trains(name: str) -> None:
    """Products; of cosines with what they lack of the items' popularity: nine interactions, and one more an item."""
    users, items = (part.detach() for part in vectors())
    loss = LOSSES[name](replace(OPTIONS, popularity_weight=0.3), positives())
    ranking_users, ranking_items = loss.ranking_vectors(users, items)
    counts = [1, 2, 3, 1, 0, 1, 0, 0, 0, 0, 0, 1]
    for user in range(NUM_USERS):
        for item, count in enumerate(counts):
            product = users[user] @ items[item]
            with_popularity = cosine(users[user], items[item]) + 0.3 * math.log((count + 1) / (9 + NUM_ITEMS))
            expected = with_popularity if name in ("simplex", "direct_au") else product
            torch.testing.assert_close(ranking_users[user] @ ranking_items[item], expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("num_columns", "rows"), [(1682, 155), (4096, 64), (100_000, 64)])
def test_block_on_cpu_fits_in_the_cache_where_it_then_has_rows_enough(num_columns: int, rows: int) -> None:
    assert softmax.block_rows(torch.device("cpu"), num_columns=num_columns) == rows  # 2^18 scores a MB


@pytest.mark.parametrize("name", LOSSES)
def test_vectors_in_bfloat16_have_almost_the_same_loss(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under autocast, as a GPU trains."""
    cast_as_on_a_gpu(monkeypatch, _SampledScores)
    loss = LOSSES[name](OPTIONS, positives())
    exact = value_and_gradients(loss, whole_batch())
    users, items = vectors()
    with torch.autocast("cpu", torch.bfloat16):
        value = loss(users.bfloat16(), items.bfloat16(), whole_batch(), generator())
    value.backward()
    found = value.detach().float(), users.grad, items.grad
    torch.testing.assert_close(found, exact, rtol=0.05, atol=0.05)  # bfloat16 has 8 bits of precision


@pytest.mark.parametrize("block_bytes", [1, 40, 1 << 20])
def test_potential_does_not_depend_on_the_block(block_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(softmax._BLOCK_BYTES, "cpu", block_bytes)
    monkeypatch.setitem(softmax._LEAST_ROWS, "cpu", 1)
    # Unit vectors at 0°, 60° and 90°; the second twice. Squared distances: 1, 2 and 2 - sqrt 3.
    x = torch.tensor([[1.0, 0.0], [0.5, 0.75**0.5], [0.0, 1.0]])
    value = log_potential(x, Distinct.of(torch.tensor([0, 1, 1, 2]), len(x)))
    ordered = 4 * math.exp(-2) + 2 * math.exp(-4) + 4 * math.exp(-2 * (2 - 3**0.5))
    assert value.item() == pytest.approx(math.log((1 + 4 + 1 + ordered) / 16), rel=1e-5)


@pytest.mark.parametrize("block_bytes", [1, 100, 1 << 20])
def test_log_sum_exp_does_not_depend_on_the_block(block_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(softmax._BLOCK_BYTES, "cpu", block_bytes)
    monkeypatch.setitem(softmax._LEAST_ROWS, "cpu", 1)
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


@pytest.mark.parametrize("name", ["sampled_softmax", "simplex"])
def test_more_negatives_than_items_are_as_many_as_items(name: str) -> None:
    loss = LOSSES[name](LossOptions(num_negatives=1000), positives())
    value, *_ = value_and_gradients(loss, whole_batch())
    assert value.isfinite()

"""The best k unseen items of each user, exactly, in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gnas_ray.metrics.seen import SeenItems

# A score and its temporaries: 4 bytes each for the float, the sort's working copy.
_BYTES_PER_SCORE = 8
# Fewer users at once than this waste the matrix product's blocking; then the items are split too.
_MIN_USERS = 128


@dataclass(frozen=True)
class TopK:
    """Lists of items, best first; equal scores in order of item index.

    Attributes:
        scores: ``-inf`` where a list ends early because the user has seen all other items.
        items: Item indices; meaningless where the score is ``-inf``.
    """

    scores: Float[Tensor, "users k"]
    items: Int[Tensor, "users k"]


def top_k_of_scores(scores: Float[Tensor, "users items"], k: int) -> TopK:
    """The k highest scores of every row, or all of them where there are fewer than k items.

    Raises:
        FloatingPointError: A score is NaN.
    """
    k = min(k, scores.shape[1])
    # One more than asked: `torch.topk` picks any of several equal scores, which matters where the last equals it.
    values, items = scores.topk(min(k + 1, scores.shape[1]))
    if bool(values[:, :1].isnan().any()):  # topk puts NaN first
        raise FloatingPointError("a score is NaN, so there is no ranking")
    tied = ((values[:, 1:] == values[:, :-1]) & (values[:, 1:] > -math.inf)).any(1).nonzero().squeeze(1)
    values, items = values[:, :k].contiguous(), items[:, :k].contiguous()
    if len(tied):
        exact = _lower_index_first(scores[tied], k)
        values[tied], items[tied] = exact.scores, exact.items
    return TopK(values, items)


def _lower_index_first(scores: Float[Tensor, "users items"], k: int) -> TopK:
    """As `torch.topk`, with ties decided by item index, and without a full sort."""
    num_items = scores.shape[1]
    values, items = scores.topk(k)
    lowest = values[:, -1:]
    index = torch.arange(num_items, device=scores.device)
    at_lowest = torch.where(scores == lowest, index, num_items).topk(k, largest=False).values
    above = items.masked_fill(values == lowest, num_items)
    candidates = torch.cat([above, at_lowest], 1).sort(dim=1).values  # num_items stands for "none"
    candidate_scores = scores.gather(1, candidates.clamp(max=num_items - 1))
    candidate_scores = candidate_scores.masked_fill(candidates == num_items, -math.inf)
    best, order = candidate_scores.sort(dim=1, descending=True, stable=True)
    return TopK(best[:, :k], candidates.gather(1, order[:, :k]).clamp(max=num_items - 1))


def top_k(
    user_vectors: Float[Tensor, "users dim"],
    item_vectors: Float[Tensor, "items dim"],
    *,
    k: int,
    seen: SeenItems | None = None,
    byte_budget: int = 64 << 20,
) -> TopK:
    """Each user's k best unseen items by dot product.

    Args:
        user_vectors: The users asked for.
        item_vectors: The whole catalogue.
        k: Length of the lists; they are shorter only where there are fewer items.
        seen: Items of the same users never to recommend, row by row; nothing when None.
        byte_budget: Bound on the scores held at once; the lists themselves come on top.

    Raises:
        FloatingPointError: A score is NaN.
    """
    chunks = [chunk for _, chunk in iterate_top_k(user_vectors, item_vectors, k=k, seen=seen, byte_budget=byte_budget)]
    if not chunks:
        empty = user_vectors.new_empty(0, min(k, len(item_vectors)))
        return TopK(empty, empty.long())
    return TopK(torch.cat([c.scores for c in chunks]), torch.cat([c.items for c in chunks]))


def iterate_top_k(
    user_vectors: Float[Tensor, "users dim"],
    item_vectors: Float[Tensor, "items dim"],
    *,
    k: int,
    seen: SeenItems | None = None,
    byte_budget: int = 64 << 20,
) -> Iterator[tuple[int, TopK]]:
    """As `top_k`, in chunks: the position of the chunk's first user, and its lists."""
    num_users, num_items = len(user_vectors), len(item_vectors)
    user_step, item_step = chunk_sizes(num_users, num_items, byte_budget)
    for start in range(0, num_users, user_step):
        users = user_vectors[start : start + user_step]
        lists = None
        for first_item in range(0, num_items, max(item_step, k)):
            scores = users @ item_vectors[first_item : first_item + max(item_step, k)].T
            if seen is not None:
                seen.hide(scores, start, first_item)
            found = top_k_of_scores(scores, k)
            found = TopK(found.scores, found.items + first_item)
            lists = found if lists is None else _merge(lists, found, k)
        if lists is not None:
            yield start, lists


def _merge(lower: TopK, higher: TopK, k: int) -> TopK:
    """The k best of two lists, the first of which holds the lower item indices (so a stable sort keeps ties)."""
    scores = torch.cat([lower.scores, higher.scores], 1)
    best, order = scores.sort(dim=1, descending=True, stable=True)
    items = torch.cat([lower.items, higher.items], 1).gather(1, order)
    return TopK(best[:, :k], items[:, :k])


def affordable_users(num_items: int, byte_budget: int) -> int:
    """How many users' scores of all items fit in the budget, at least one."""
    return max(byte_budget // (_BYTES_PER_SCORE * max(num_items, 1)), 1)


def chunk_sizes(num_users: int, num_items: int, byte_budget: int) -> tuple[int, int]:
    """How many users and how many items to score at once; all items when the budget allows a fair batch of users."""
    users = affordable_users(num_items, byte_budget)
    batch = max(min(num_users, _MIN_USERS), 1)
    if users >= batch:
        return users, max(num_items, 1)
    return batch, affordable_users(batch, byte_budget)

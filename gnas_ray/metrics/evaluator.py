"""Full-ranking evaluation: every item a user has not seen competes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.sparse import csr_array, csr_matrix
from torch import Tensor

from gnas_ray.metrics import parse_metric
from gnas_ray.metrics.base import Ranking
from gnas_ray.metrics.seen import SeenItems
from gnas_ray.metrics.top_k import TopK, affordable_users, iterate_top_k, top_k_of_scores

Scorer = Callable[[Int[Tensor, "batch"]], Float[Tensor, "batch items"]]
"""Scores of all items for a batch of user indices; higher is better."""


class Evaluator:
    """Metrics of recommendations against the items that users turned out to like.

    Users without a relevant item are left out, every other user counts the same. Equal scores rank by item index,
    so that a model that scores everything alike is not lucky. Build it once per split and call it every epoch.

    Args:
        metrics: Names as in ``ndcg@20``.
        seen: ``(users, items)``, any stored entry: what is never recommended (train; train + valid at test).
        relevant: ``(users, items)``, any stored entry: what should be recommended.
        byte_budget: Bound on the scores held at once.
        device: Where the scores are computed.
        groups: Masks over items by name. Every metric comes once more as ``<group>.<metric>``, of the same lists but
            with the group's items alone as relevant, for the users who have one (coverage: what share of the group
            is in anybody's list). A group without a relevant item has no metrics.

    Raises:
        UsageError: A metric is unknown.
        ValueError: The shapes differ, or nobody has a relevant item.
    """

    def __init__(
        self,
        metrics: Sequence[str],
        *,
        seen: csr_array | csr_matrix,
        relevant: csr_array | csr_matrix,
        byte_budget: int = 64 << 20,
        device: torch.device | str = "cpu",
        groups: Mapping[str, Bool[np.ndarray, "items"]] | None = None,
    ) -> None:
        if seen.shape != relevant.shape:
            raise ValueError(f"seen is {seen.shape}, relevant is {relevant.shape}")
        num_relevant = np.diff(relevant.indptr)
        users = np.flatnonzero(num_relevant)
        if not len(users):
            raise ValueError("nobody has a relevant item, so there is nothing to evaluate")
        self._metrics = {name: parse_metric(name) for name in metrics}
        self._length = max((metric.k for metric in self._metrics.values()), default=1)
        self._num_relevant = num_relevant[users]
        self._num_items = int(relevant.shape[1])
        self._groups = {name: _Group.of(mask, relevant[users]) for name, mask in (groups or {}).items()}
        self._byte_budget = byte_budget
        self._users = torch.as_tensor(users, dtype=torch.int64, device=device)
        self._seen = SeenItems(seen[users], device)
        self._relevant_pairs = _sorted_pairs(relevant[users]).to(device)

    def evaluate(self, score: Scorer) -> dict[str, float]:
        """Metrics of any scorer, by name; it is asked for batches of users that fit the byte budget.

        Raises:
            FloatingPointError: A score is NaN.
        """
        return self._measure(self._rank(score))

    def evaluate_vectors(
        self, user_vectors: Float[Tensor, "users dim"], item_vectors: Float[Tensor, "items dim"]
    ) -> dict[str, float]:
        """As `evaluate` for scores that are dot products; splits the items too, so it can take millions of them."""
        lists = iterate_top_k(
            user_vectors.detach().float()[self._users],
            item_vectors.detach().float(),
            k=self._length,
            seen=self._seen,
            byte_budget=self._byte_budget,
        )
        return self._measure(lists)

    def _rank(self, score: Scorer) -> Iterator[tuple[int, TopK]]:
        step = affordable_users(self._num_items, self._byte_budget)
        for start in range(0, len(self._users), step):
            with torch.no_grad():
                scores = score(self._users[start : start + step])
            scores = scores.float().clone(memory_format=torch.contiguous_format)  # the scorer's may be its own
            self._seen.hide(scores, start, 0)
            yield start, top_k_of_scores(scores, self._length)

    def _measure(self, lists: Iterator[tuple[int, TopK]]) -> dict[str, float]:
        hits = np.zeros((len(self._users), self._length), dtype=np.bool_)
        hits_of = {name: np.zeros_like(hits) for name in self._groups}
        first_position = np.full(self._num_items, self._length)
        for start, chunk in lists:
            recommended, items = chunk.scores > -math.inf, chunk.items.cpu().numpy()
            place = slice(start, start + len(items)), slice(items.shape[1])
            hits[place] = self._hits(start, chunk, recommended)
            for name, group in self._groups.items():
                hits_of[name][place] = hits[place] & group.mask[items]
            _lower_first_position(first_position, items, recommended.cpu().numpy())
        values = self._values(Ranking(hits, self._num_relevant, first_position))
        for name, group in self._groups.items():
            if ranking := group.ranking(hits_of[name], first_position):
                values |= self._values(ranking, f"{name}.")
        return values

    def _values(self, ranking: Ranking, prefix: str = "") -> dict[str, float]:
        return {prefix + name: metric.value(ranking) for name, metric in self._metrics.items()}

    def _hits(
        self, start: int, chunk: TopK, recommended: Bool[Tensor, "batch length"]
    ) -> Bool[np.ndarray, "batch length"]:
        rows = torch.arange(start, start + len(chunk.items), device=chunk.items.device)
        pairs = rows[:, None] * self._num_items + chunk.items
        place = torch.searchsorted(self._relevant_pairs, pairs).clamp_(max=len(self._relevant_pairs) - 1)
        return ((self._relevant_pairs[place] == pairs) & recommended).cpu().numpy()


@dataclass(frozen=True)
class _Group:
    """Some of the items, and how many of them are relevant to each evaluated user."""

    mask: Bool[np.ndarray, "items"]
    num_relevant: Int[np.ndarray, "users"]

    @classmethod
    def of(cls, mask: Bool[np.ndarray, "items"], relevant: csr_array | csr_matrix) -> _Group:
        users = np.repeat(np.arange(relevant.shape[0]), np.diff(relevant.indptr))
        return cls(mask, np.bincount(users[mask[relevant.indices]], minlength=relevant.shape[0]))

    def ranking(
        self, hits: Bool[np.ndarray, "users length"], first_position: Int[np.ndarray, "items"]
    ) -> Ranking | None:
        """What of everybody's ranking concerns the group; None where nobody has a relevant item in it."""
        users = self.num_relevant > 0
        if not users.any():
            return None
        return Ranking(hits[users], self.num_relevant[users], first_position[self.mask])


def _sorted_pairs(matrix: csr_array | csr_matrix) -> Int[Tensor, "entries"]:
    """Every stored entry as ``row * num_items + item``, ascending and unique."""
    rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    return torch.from_numpy(np.unique(rows * matrix.shape[1] + matrix.indices))


def _lower_first_position(
    first_position: Int[np.ndarray, "items"],
    items: Int[np.ndarray, "batch length"],
    recommended: Bool[np.ndarray, "batch length"],
) -> None:
    """Notes, in place, the best position at which each item of some lists stands."""
    for position in range(items.shape[1] - 1, -1, -1):
        shown = items[recommended[:, position], position]
        first_position[shown] = np.minimum(first_position[shown], position)

"""A retrained winner that recommends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnas_ray.core import Problem, UsageError
from gnas_ray.serving.files import read_files
from gnas_ray.serving.fold_in import FoldIn
from gnas_ray.serving.ids import Id, Ids
from gnas_ray.training.bundle import BundleContents


@dataclass(frozen=True)
class Recommendation:
    """One recommended item.

    Attributes:
        item_id: As the data gave it.
        score: The dot product of the user's and the item's vector; compares within one user only.
        text: The item's text, "" where it has none.
    """

    item_id: int | str
    score: float
    text: str


@dataclass(frozen=True)
class Bundle:
    """A retrained winner, read-only; `recommend` may be called from several threads."""

    folder: Path
    contents: BundleContents

    @classmethod
    def load(cls, folder: str | Path) -> Bundle:
        """The bundle in `folder`.

        Raises:
            BundleError: There is none, or one of its files is missing or broken; the text names it.
        """
        return cls(Path(folder), read_files(Path(folder)))

    def recommend(self, user_id: Id, k: int = 10, *, exclude_seen: bool = True) -> tuple[Recommendation, ...]:
        """The user's k best items, best first; equal scores in the order of the items in the data.

        Args:
            user_id: As the data has it.
            k: At most so many; fewer where the catalogue has no more.
            exclude_seen: Leave out what the user had in training.

        Raises:
            UsageError: No such user; names the nearest. Or `k` is below 1.
        """
        user = self.users.index_of(user_id)
        seen = self.contents.seen[user].indices if exclude_seen else ()
        return self._best(self.contents.user_vectors[user], k, excluded=seen)

    def recommend_to_new(
        self, item_ids: Sequence[Id] | NDArray[Any], k: int = 10, *, exclude_seen: bool = True
    ) -> tuple[Recommendation, ...]:
        """The k best items for a user unknown in training, whose vector is folded in from items they touched.

        Args:
            item_ids: What they touched, as the data has it; at least one; in any order, each counted once.
            k: As in `recommend`.
            exclude_seen: Leave out `item_ids`.

        Raises:
            UsageError: An item is unknown, each with the nearest; or there is none. Or `k` is below 1.
        """
        if len(item_ids) == 0:  # an array has no truth value
            raise UsageError(str(self.folder), [Problem("", "a new user needs at least one item they touched")])
        items = self.items.indices_of(list(dict.fromkeys(item_ids)))
        vectors, keys = self.contents.item_vectors[items], self.contents.item_keys
        vector = self._fold_in.user_vector(vectors, None if keys is None else keys[items])
        return self._best(vector, k, excluded=items if exclude_seen else ())

    @property
    def users(self) -> Ids:
        """Known users' ids."""
        return Ids(str(self.folder), "user", self.contents.user_ids)

    @property
    def items(self) -> Ids:
        """The catalogue's ids."""
        return Ids(str(self.folder), "item", self.contents.item_ids)

    @cached_property
    def _fold_in(self) -> FoldIn:
        contents = self.contents
        return FoldIn.fit(contents.user_vectors, contents.item_vectors, contents.seen, contents.item_keys)

    def _best(
        self, user_vector: NDArray[np.float32], k: int, *, excluded: Sequence[int] | NDArray[np.int32]
    ) -> tuple[Recommendation, ...]:
        if k < 1:
            raise UsageError(str(self.folder), [Problem("", f"k is {k}, wanted at least 1")])
        scores = self.contents.item_vectors @ user_vector
        scores[np.asarray(excluded, dtype=np.intp)] = -np.inf
        return tuple(self._recommendation(int(item), float(scores[item])) for item in best_items(scores, k))

    def _recommendation(self, item: int, score: float) -> Recommendation:
        return Recommendation(self.contents.item_ids[item].as_py(), score, self.contents.item_texts[item].as_py())


def best_items(scores: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """Indices of the k highest scores, best first, the lower index of equals; ``-inf`` is never among them."""
    allowed = np.flatnonzero(scores > -np.inf)
    if len(allowed) > k:
        threshold = np.partition(scores[allowed], -k)[-k]
        allowed = allowed[scores[allowed] >= threshold]
    order = np.argsort(-scores[allowed], kind="stable")
    best: NDArray[np.intp] = allowed[order[:k]]
    return best

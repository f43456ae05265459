"""A retrained winner that recommends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnas_ray.core import Problem, UsageError
from gnas_ray.serving.files import read_files
from gnas_ray.serving.fold_in import FoldIn
from gnas_ray.serving.ids import Id, Ids
from gnas_ray.training.bundle import BundleContents

_FITTING = Lock()
"""So that what takes seconds is done once, however many ask at first."""


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
class Reason:
    """An item that a user touched, for which another is recommended.

    Attributes:
        item_id: Of the item that was touched.
        text: Its text, "" where it has none.
        effect: How much less the recommended item's score would be ahead of the mean item's without it.
    """

    item_id: int | str
    text: str
    effect: float


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
        self,
        item_ids: Sequence[Id] | NDArray[Any],
        k: int = 10,
        *,
        exclude_seen: bool = True,
        skip_unknown: bool = False,
    ) -> tuple[Recommendation, ...]:
        """The k best items for a user unknown in training, whose vector is folded in from items they touched.

        Where there is no item to go by, it is the mean vector of the users of the data.

        Args:
            item_ids: What they touched, as the data has it; in any order, each counted once; perhaps none.
            k: As in `recommend`.
            exclude_seen: Leave out `item_ids`.
            skip_unknown: Go by the others where an item is not in the catalogue: a later one, or one filtered out.

        Raises:
            UsageError: An item is unknown, and not to be skipped, each with the nearest. Or `k` is below 1.
        """
        items = self._touched(item_ids, skip_unknown=skip_unknown)
        return self._best(self._new_user_vector(items), k, excluded=items if exclude_seen else ())

    def reasons(
        self, item_id: Id, *, user_id: Id | None = None, item_ids: Sequence[Id] | NDArray[Any] = (), count: int = 3
    ) -> tuple[Reason, ...]:
        """The items that a user touched which speak most for `item_id`, the strongest first; perhaps none.

        What each is worth is found by leaving it out and folding the user in from the others. So it is exact for a new
        user, and for one of the data as good as folding in is: their own vector knows more than their items' mean.

        Args:
            item_id: The item that is recommended.
            user_id: A user of the data; what they had in training is what they touched.
            item_ids: Else what a new user touched, as for `recommend_to_new`.
            count: How many reasons at most.

        Raises:
            UsageError: No such user or item; names the nearest.
        """
        (found,) = self.reasons_of_each([item_id], user_id=user_id, item_ids=item_ids, count=count)
        return found

    def reasons_of_each(
        self,
        recommended: Sequence[Id],
        *,
        user_id: Id | None = None,
        item_ids: Sequence[Id] | NDArray[Any] = (),
        skip_unknown: bool = False,
        count: int = 3,
    ) -> tuple[tuple[Reason, ...], ...]:
        """`reasons` of several items, at little more than the cost of one."""
        items = self.items.indices_of(list(recommended))
        if user_id is None:
            touched = self._touched(item_ids, skip_unknown=skip_unknown)
        else:
            touched = self.contents.seen[self.users.index_of(user_id)].indices.tolist()
        if not touched:
            return tuple(() for _ in items)
        vectors, keys = self.contents.item_vectors, self.contents.item_keys
        own = vectors[touched], None if keys is None else keys[touched]
        without = self._fold_in.vectors_without_each(*own) if len(touched) > 1 else self._mean_user_vector[None]
        moved = self._fold_in.user_vector(*own) - without
        return tuple(self._strongest(item, touched, moved, count) for item in items)

    def _touched(self, item_ids: Sequence[Id] | NDArray[Any], *, skip_unknown: bool) -> list[int]:
        wanted = list(dict.fromkeys(item_ids))
        return self.items.known(wanted) if skip_unknown else self.items.indices_of(wanted)

    def _strongest(self, item: int, touched: Sequence[int], moved: NDArray[Any], count: int) -> tuple[Reason, ...]:
        effects = moved @ (self.contents.item_vectors[item] - self._mean_item_vector)
        order = np.argsort(-effects, kind="stable").tolist()
        speaking = [index for index in order if effects[index] > 0 and touched[index] != item]
        return tuple(self._reason(touched[index], float(effects[index])) for index in speaking[:count])

    def warm_up(self) -> None:
        """Does now what the first new user would wait for: some seconds, with many users."""
        _ = self._fold_in, self._mean_user_vector, self._mean_item_vector

    def _reason(self, item: int, effect: float) -> Reason:
        return Reason(self.contents.item_ids[item].as_py(), self.contents.item_texts[item].as_py(), effect)

    def _new_user_vector(self, items: Sequence[int]) -> NDArray[np.float32]:
        if not items:
            return self._mean_user_vector
        vectors, keys = self.contents.item_vectors[items], self.contents.item_keys
        return self._fold_in.user_vector(vectors, None if keys is None else keys[items])

    @property
    def users(self) -> Ids:
        """Known users' ids."""
        return Ids(str(self.folder), "user", self.contents.user_ids)

    @property
    def items(self) -> Ids:
        """The catalogue's ids."""
        return Ids(str(self.folder), "item", self.contents.item_ids)

    @cached_property
    def _mean_user_vector(self) -> NDArray[np.float32]:
        has_history = np.diff(self.contents.seen.indptr) > 0
        mean: NDArray[np.float32] = self.contents.user_vectors[has_history].mean(axis=0)
        return mean

    @cached_property
    def _mean_item_vector(self) -> NDArray[np.float32]:
        mean: NDArray[np.float32] = self.contents.item_vectors.mean(axis=0)
        return mean

    @property
    def _fold_in(self) -> FoldIn:
        if "_fitted" in self.__dict__:  # where `cached_property` keeps it
            return self._fitted
        with _FITTING:
            return self._fitted

    @cached_property
    def _fitted(self) -> FoldIn:
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

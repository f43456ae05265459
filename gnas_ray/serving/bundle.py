"""A retrained winner that recommends."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gnas_ray.core import Problem, UsageError, nearest
from gnas_ray.serving.files import read_files
from gnas_ray.training.bundle import BundleContents

UserId = int | str


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

    def recommend(self, user_id: UserId, k: int = 10, *, exclude_seen: bool = True) -> tuple[Recommendation, ...]:
        """The user's k best items, best first; equal scores in the order of the items in the data.

        Args:
            user_id: As the data has it.
            k: At most so many; fewer where the catalogue has no more.
            exclude_seen: Leave out what the user had in training.

        Raises:
            UsageError: No such user; names the nearest. Or `k` is below 1.
        """
        if k < 1:
            raise UsageError(str(self.folder), [Problem("", f"k is {k}, wanted at least 1")])
        user = self._index_of(user_id)
        scores = self.contents.item_vectors @ self.contents.user_vectors[user]
        if exclude_seen:
            scores[self.contents.seen[user].indices] = -np.inf
        return tuple(self._recommendation(int(item), float(scores[item])) for item in best_items(scores, k))

    def user_id(self, text: str) -> UserId:
        """The user id that `text`, from a command line or a URL, stands for in this data.

        Raises:
            UsageError: Ids here are whole numbers, and `text` is none.
        """
        if not self._ids_are_numbers:
            return text
        try:
            return int(text)
        except ValueError:
            what = f"user ids here are whole numbers, such as {self.contents.user_ids[0]}; got {text!r}"
            raise UsageError(str(self.folder), [Problem("", what)]) from None

    @property
    def _ids_are_numbers(self) -> bool:
        return bool(pa.types.is_integer(self.contents.user_ids.type))

    def _index_of(self, user_id: UserId) -> int:
        if isinstance(user_id, bool) or isinstance(user_id, int) != self._ids_are_numbers:
            wanted = "whole numbers" if self._ids_are_numbers else "texts"
            what = f"user ids here are {wanted}, such as {self.contents.user_ids[0].as_py()!r}; got {user_id!r}"
            raise UsageError(str(self.folder), [Problem("", what)])
        index: int = pc.index(self.contents.user_ids, user_id).as_py()
        if index < 0:
            raise UsageError(str(self.folder), [Problem("", f"no user {user_id!r}{self._nearest_user(user_id)}")])
        return index

    def _nearest_user(self, user_id: UserId) -> str:
        """A hint from the ids around the place where `user_id` would be; ids are ascending."""
        ids = self.contents.user_ids
        place = bisect_left(range(len(ids)), True, key=lambda i: ids[i].as_py() >= user_id)
        around = [ids[i].as_py() for i in range(max(0, place - 100), min(len(ids), place + 100))]
        if isinstance(user_id, int):
            return f"; the nearest is {min(around, key=lambda known: abs(known - user_id))}" if around else ""
        hint = nearest(user_id, around)
        return hint if "did you mean" in hint else ""

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

"""The data's own ids, and what to say of one that isn't among them."""

from __future__ import annotations

import operator
from bisect import bisect_left
from dataclasses import dataclass
from typing import SupportsIndex

import pyarrow as pa

from gnas_ray.core import Problem, UsageError, nearest

Id = SupportsIndex | str
"""A whole number, Python's or NumPy's, or a text."""


@dataclass(frozen=True)
class Ids:
    """Ids of users or of items by index, ascending.

    Attributes:
        source: The bundle, for errors.
        kind: ``user`` or ``item``.
        array: int64 or string.
    """

    source: str
    kind: str
    array: pa.Array

    def parse(self, text: str) -> int | str:
        """The id that `text`, from a command line or a URL, stands for.

        Raises:
            UsageError: Ids here are whole numbers, and `text` is none.
        """
        if not self._are_numbers:
            return text
        try:
            return int(text)
        except ValueError:
            raise self._error(self._wrong_type(text)) from None

    def index_of(self, wanted: Id) -> int:
        """Where it is.

        Raises:
            UsageError: Nowhere; names the nearest.
        """
        plain = self._checked(wanted)
        index = self._find(plain)
        if index < 0:
            raise self._error(f"no {self.kind} {plain!r}{self._nearest(plain)}")
        return index

    def _checked(self, wanted: Id) -> int | str:
        plain = _plain(wanted)
        if plain is None or isinstance(plain, int) != self._are_numbers:
            raise self._error(self._wrong_type(wanted))
        return plain

    def known(self, wanted: list[Id]) -> list[int]:
        """Where each is that is somewhere.

        Raises:
            UsageError: Those of the wrong type.
        """
        plain = [self._checked(one) for one in wanted]
        return [index for one in plain if (index := self._find(one)) >= 0]

    def indices_of(self, wanted: list[Id]) -> list[int]:
        """Where each is.

        Raises:
            UsageError: Every one that is nowhere.
        """
        indices: list[int] = []
        problems: list[Problem] = []
        for one in wanted:
            try:
                indices.append(self.index_of(one))
            except UsageError as error:
                problems += error.problems
        if problems:
            raise UsageError(self.source, problems)
        return indices

    @property
    def _are_numbers(self) -> bool:
        return bool(pa.types.is_integer(self.array.type))

    def _find(self, wanted: int | str) -> int:
        """Where it is; -1 when nowhere."""
        place = self._place(wanted)
        return place if place < len(self.array) and self.array[place].as_py() == wanted else -1

    def _place(self, wanted: int | str) -> int:
        """Of the first that is not before it."""
        return bisect_left(range(len(self.array)), True, key=lambda i: self.array[i].as_py() >= wanted)

    def _wrong_type(self, wanted: Id) -> str:
        kinds = "whole numbers" if self._are_numbers else "texts"
        return f"{self.kind} ids here are {kinds}, such as {self.array[0].as_py()!r}; got {wanted!r}"

    def _nearest(self, wanted: int | str) -> str:
        """A hint from the ids around the place where `wanted` would be."""
        ids = self.array
        place = self._place(wanted)
        around = [ids[i].as_py() for i in range(max(0, place - 100), min(len(ids), place + 100))]
        if isinstance(wanted, int):
            return f"; the nearest is {min(around, key=lambda known: abs(known - wanted))}" if around else ""
        hint = nearest(wanted, around)
        return hint if "did you mean" in hint else ""

    def _error(self, what: str) -> UsageError:
        return UsageError(self.source, [Problem("", what)])


def _plain(wanted: Id) -> int | str | None:
    """The number or text itself; None for what is neither, a bool among others."""
    if isinstance(wanted, str):
        return wanted
    try:
        return None if isinstance(wanted, bool) else operator.index(wanted)
    except TypeError:
        return None

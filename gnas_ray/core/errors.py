"""Errors that a user reads: where, what, what was wanted, the nearest right answer."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class GnasRayError(Exception):
    """Something the user can act on; the command line prints its text and exits with 1."""

    exit_code = 1


@dataclass(frozen=True)
class Problem:
    """One mistake in a file.

    Attributes:
        where: Place inside the file, e.g. ``line 3`` or ``row 17, column rating``; "" for the whole file.
        what: What is there, what was wanted, and the nearest right answer.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


class UsageError(GnasRayError):
    """The user's input is wrong: every problem found in it at once. The command line exits with 2."""

    exit_code = 2

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
        lines = [f"{source}: {count}", *(f"  {problem}" for problem in problems)]
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[type[UsageError], tuple[str, tuple[Problem, ...]]]:
        return type(self), (self.source, self.problems)


def nearest(word: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """A hint to append to an error: ``; did you mean 'operator'?``, or the known words when none is near.

    `otherwise` is said instead of the known words, where they are too many.
    """
    words = list(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return otherwise or (f"; known: {', '.join(words)}" if words else "")

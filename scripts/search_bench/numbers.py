"""Numbers on a command line."""

from __future__ import annotations

from argparse import ArgumentTypeError


def count(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"wanted a whole number from 1 on, got {text!r}")
    return int(text)


def counts(text: str) -> list[int]:
    """``50,100`` as numbers."""
    return [count(number) for number in text.split(",")]

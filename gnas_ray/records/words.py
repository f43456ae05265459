"""Numbers, times and architectures as a person reads them in one line."""

from __future__ import annotations

import math
from collections.abc import Mapping

from gnas_ray.core import Value


def number(value: float | None) -> str:
    """Four significant digits; ``-`` for nothing."""
    if value is None or math.isnan(value):
        return "-"
    return f"{value:.4g}" if abs(value) < 1e4 else f"{value:,.0f}"


def score(value: float | None) -> str:
    """Four decimals, so that a column of metrics lines up; ``-`` for nothing."""
    return "-" if value is None or math.isnan(value) else f"{value:.4f}"


def duration(seconds: float) -> str:
    """``9s``, ``3m 05s`` or ``2h 07m``."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    minutes, left = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}m {left:02d}s"
    return f"{minutes // 60}h {minutes % 60:02d}m"


def last_line(text: str) -> str:
    """The last line of a failure's text: the exception itself, below its traceback."""
    return (text.strip().splitlines() or ["no detail"])[-1].strip()


def describe_architecture(architecture: Mapping[str, Value]) -> str:
    """The decisions that tell members apart, e.g. ``both gate, lightgcn gat, mean, full_softmax``.

    Options that switch a thing off (none, 0, false) are left out; a repeat's options follow in order.
    """
    words = [_word(name, option) for name, option in architecture.items() if _says_something(name, option)]
    return ", ".join(words)


def _says_something(name: str, option: Value) -> bool:
    if name.endswith(".operator"):
        return True
    return option not in ("none", 0, False)


def _word(name: str, option: Value) -> str:
    if isinstance(option, str):
        return option
    bare = name.rpartition(".")[2]
    return bare if option is True else f"{bare} {option}"

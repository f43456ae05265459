"""When a decision or hyperparameter is active."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from gnas_ray.core import Value


def position(value: Value, options: Sequence[Value]) -> int | None:
    """Index of `value` among `options`, or None. ``True`` is not ``1``; ``1.0`` is."""
    if value not in options:  # quick, and often the answer
        return None
    if isinstance(value, str):
        return options.index(value)
    for index, option in enumerate(options):
        if value == option and isinstance(value, bool) == isinstance(option, bool):
            return index
    return None


@dataclass(frozen=True)
class Conditions:
    """Every named choice must have taken one of its listed options; no conditions always hold.

    Attributes:
        allowed: ``(name, options)`` pairs. A name may come twice; then both must hold.
    """

    allowed: tuple[tuple[str, tuple[Value, ...]], ...] = ()

    @classmethod
    def of(cls, allowed: Mapping[str, Value | Sequence[Value]]) -> Conditions:
        """From ``{"item_features": ["text", "both"], "num_layers": 2}``; a scalar is a list of one."""
        return cls(tuple((name, _listed(options)) for name, options in allowed.items()))

    @property
    def names(self) -> frozenset[str]:
        """The choices asked about."""
        return frozenset(name for name, _ in self.allowed)

    def hold(self, chosen: Mapping[str, Value]) -> bool:
        """Whether they hold where `chosen` was chosen; a condition on something not chosen does not hold."""
        for name, options in self.allowed:  # a loop, for this is asked more than anything else
            value = chosen.get(name)
            if value not in options or (not isinstance(value, str) and position(value, options) is None):
                return False
        return True

    def without(self, names: Collection[str]) -> Conditions:
        """The conditions on anything but `names`."""
        return Conditions(tuple(pair for pair in self.allowed if pair[0] not in names))

    def __str__(self) -> str:
        return " and ".join(
            f"{name} is {' or '.join(show(option) for option in options)}" for name, options in self.allowed
        )


def show(value: Value) -> str:
    """`value` as YAML has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(options: Value | Sequence[Value]) -> tuple[Value, ...]:
    if isinstance(options, str) or not isinstance(options, Sequence):
        return (options,)
    return tuple(options)


def quote(value: Value) -> str:
    """`value` inside a sentence: text in quotes, numbers and true/false bare."""
    return repr(value) if isinstance(value, str) else show(value)

"""The different values of an index, without a device that has to be waited for."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Distinct:
    """The different values of an index, ascending.

    How many there are, a host learns from a GPU only by waiting for it. So there are as many rows as there can be
    different values; those too many repeat a value of the index and have a count of 0. On CPU there are none of them.

    Attributes:
        index: The values.
        count: How often each occurs.
        place: Of every entry of the index, where its value is.
    """

    index: Int[Tensor, " distinct"]
    count: Float[Tensor, " distinct"]
    place: Int[Tensor, " n"]

    @classmethod
    def of(cls, index: Int[Tensor, " n"], num_values: int) -> "Distinct":
        """Of one entry or more, each in 0..num_values - 1."""
        if index.device.type != "cpu":
            return cls.filled_up(index, num_values)
        values, place, counts = torch.unique(index, return_inverse=True, return_counts=True)
        return cls(values, counts.float(), place)

    @classmethod
    def filled_up(cls, index: Int[Tensor, " n"], num_values: int) -> "Distinct":
        """With as many rows as there can be different values."""
        ordered, order = index.sort()
        is_first = torch.ones_like(ordered, dtype=torch.bool)
        torch.ne(ordered[1:], ordered[:-1], out=is_first[1:])
        place = is_first.cumsum(0) - 1
        size = min(len(index), num_values)
        return cls(
            ordered[:1].repeat(size).scatter_(0, place, ordered),
            torch.zeros(size, device=index.device).scatter_add_(0, place, torch.ones_like(place, dtype=torch.float32)),
            torch.empty_like(place).scatter_(0, order, place),
        )

    @property
    def occurs(self) -> Float[Tensor, " distinct"]:
        """1 where the count is not 0."""
        return self.count.clamp(max=1)

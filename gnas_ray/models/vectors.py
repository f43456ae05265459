"""What a recommender has come to: vectors whose dot products are its scores."""

from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor


class Vectors(NamedTuple):
    """Users' and items' vectors, of the same width.

    Attributes:
        users: (users, width).
        items: (items, width).
        keys: (items, width) what having an item adds to a user's vector, as far as that is known to be a sum: zeros in
            columns where it is not. There ``users = interactions @ keys``, so one who comes later has the vector of
            one who was there. None where it is known of no column.
    """

    users: Float[Tensor, "users width"]
    items: Float[Tensor, "items width"]
    keys: Float[Tensor, "items width"] | None = None

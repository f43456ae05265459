"""What a linear channel is."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float
from scipy.sparse import csr_matrix
from torch import Tensor

from gnas_ray.models.vectors import Vectors


@dataclass(frozen=True)
class Channel(ABC):
    """A recommender without gradients whose score is a dot product.

    A member is a frozen dataclass whose fields are its settings, all floats with defaults; the decision or
    hyperparameter ``<channel>_<field>`` sets one. Equal channels give equal vectors, so that a process can share them.

    Attributes:
        rank: Length of its vectors, at most.
        uses_text: Whether it is fitted to the items' texts too.
        weighs_item_pairs: Whether fitting it holds a number for every pair of items.
    """

    rank: ClassVar[int] = 64
    uses_text: ClassVar[bool] = False
    weighs_item_pairs: ClassVar[bool] = False

    @abstractmethod
    def fit(self, interactions: csr_matrix, text: Float[Tensor, "items dim"] | None = None) -> Vectors:
        """Vectors of all users and all items, float32 on CPU, from (users, items), a one for every interaction.

        Must give the same vectors again for the same interactions, finite ones for users and items without any, and
        leave `interactions` as it is.

        Args:
            interactions: What is learned.
            text: The items' encoded texts, float32 on CPU, zeros for an item without; None unless `uses_text`.

        Raises:
            GnasRayError: It can't be fitted to data of this size.
        """

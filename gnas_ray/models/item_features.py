"""An item's input vector: its id's embedding, its projected text, or both, by the `item_features` decision."""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gnas_ray.core.family import Family
from gnas_ray.models.fusions import FUSIONS
from gnas_ray.models.options import RecommenderOptions, choose
from gnas_ray.models.projections import INITIAL_SCALE, PROJECTIONS
from gnas_ray.models.view import PLAIN, View


class ItemFeatures(nn.Module, ABC):
    """Constructed as ``Member(options, num_items, text, width)`` with the prepared text, or None."""

    @abstractmethod
    def __init__(
        self, options: RecommenderOptions, num_items: int, text: Float[Tensor, "items dim"] | None, width: int
    ) -> None:
        super().__init__()

    @abstractmethod
    def forward(self, view: View = PLAIN) -> Float[Tensor, "items width"]:
        """Every item's vector."""


class Identity(ItemFeatures):
    """One free vector an item."""

    def __init__(
        self, options: RecommenderOptions, num_items: int, text: Float[Tensor, "items dim"] | None, width: int
    ) -> None:
        super().__init__(options, num_items, text, width)
        self.embedding = embedding(num_items, width)

    def forward(self, view: View = PLAIN) -> Float[Tensor, "items width"]:
        """See `ItemFeatures.forward`."""
        return self.embedding


class Text(ItemFeatures):
    """The projected text alone, so an item nobody has touched is placed like any other."""

    text: Tensor

    def __init__(
        self, options: RecommenderOptions, num_items: int, text: Float[Tensor, "items dim"] | None, width: int
    ) -> None:
        super().__init__(options, num_items, text, width)
        if text is None:
            raise ValueError(f"item_features {options.item_features!r} needs the items' text vectors")
        projection = choose(PROJECTIONS, options.text_projection, "text_projection")
        self.projection = projection(text.shape[1], width)
        # Not persistent: a checkpoint does not repeat what is already on disk.
        self.register_buffer("text", text, persistent=False)

    def forward(self, view: View = PLAIN) -> Float[Tensor, "items width"]:
        """See `ItemFeatures.forward`."""
        projected: Tensor = self.projection(self.text)
        if view.text_kept is not None:
            no_text = self.projection(self.text.new_zeros(1, self.text.shape[1]))  # as it is prepared: the average
            projected = torch.where(view.text_kept, projected, no_text)
        return projected if view.text_factor is None else projected * view.text_factor


class Both(ItemFeatures):
    """Id embedding and projected text, fused."""

    def __init__(
        self, options: RecommenderOptions, num_items: int, text: Float[Tensor, "items dim"] | None, width: int
    ) -> None:
        super().__init__(options, num_items, text, width)
        self.identity = Identity(options, num_items, text, width)
        self.text = Text(options, num_items, text, width)
        self.fusion = choose(FUSIONS, options.fusion, "fusion")(width)

    def forward(self, view: View = PLAIN) -> Float[Tensor, "items width"]:
        """See `ItemFeatures.forward`."""
        fused: Tensor = self.fusion(self.identity(), self.text(view))
        return fused


ITEM_FEATURES: Family[type[ItemFeatures]] = Family("item_features", {"id": Identity, "text": Text, "both": Both})


def embedding(num_rows: int, width: int) -> nn.Parameter:
    """A table of free vectors at their initial size."""
    table = nn.Parameter(torch.empty(num_rows, width))
    nn.init.normal_(table, std=INITIAL_SCALE)
    return table

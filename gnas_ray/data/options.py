"""What the user may say about data: the ``data`` section of an experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from gnas_ray.data.datasets import DATASETS, Dataset, Files
from gnas_ray.data.splits import SPLITS, RandomByUser, Split


def _name_alone(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


if TYPE_CHECKING:
    AnyDataset = Dataset
    AnySplit = Split
else:
    _Dataset = Annotated[Union[tuple(DATASETS.values())], Field(discriminator="name")]  # noqa: UP007
    _Split = Annotated[Union[tuple(SPLITS.values())], Field(discriminator="name")]  # noqa: UP007
    AnyDataset = Annotated[_Dataset, BeforeValidator(_name_alone, json_schema_input_type=str | _Dataset)]
    AnySplit = Annotated[_Split, BeforeValidator(_name_alone, json_schema_input_type=str | _Split)]


class DataOptions(BaseModel):
    """Which interactions, which of them, and how they are split. All of it decides the fingerprint.

    Attributes:
        dataset: A name of `DATASETS`, or a mapping with ``name`` and that data set's own keys.
        split: A name of `SPLITS`, or a mapping with ``name`` and that split's own keys. By default
            `RandomByUser`, or the user's own parts when the files give them.
        min_rating: Interactions with a lower rating are dropped, first of all.
        deduplicate: What becomes of several interactions of one user with one item, after `min_rating`: ``none``
            keeps them all (an error when the split takes them apart), ``first`` and ``last`` keep one (by
            timestamp, then by row), ``mean`` and ``sum`` keep the last with the rating combined.
        max_users: Only so many users are kept, those whom the files name first.
        min_item_interactions: Items with fewer interactions are dropped, once, whatever that leaves a user.
        k_core: Users and items with fewer interactions are dropped, again and again until none is left; last.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: AnyDataset
    split: AnySplit | None = None
    min_rating: float | None = None
    deduplicate: Literal["none", "first", "last", "mean", "sum"] = "none"
    max_users: int | None = Field(default=None, ge=1)
    min_item_interactions: int = Field(default=0, ge=0)
    k_core: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _given_parts_stay_as_given(self) -> DataOptions:
        if not self.parts_are_given:
            return self
        changed = [
            name
            for name, field in type(self).model_fields.items()
            if name != "dataset" and getattr(self, name) != field.default
        ]
        if changed:
            raise ValueError(
                f"'train', 'valid' and 'test' are used exactly as given: remove {', '.join(changed)},"
                " or give one table of 'interactions'"
            )
        return self

    @property
    def parts_are_given(self) -> bool:
        """Whether the user brought train, valid and test."""
        return isinstance(self.dataset, Files) and self.dataset.train is not None

    @property
    def split_rule(self) -> Split | None:
        """The split to apply; None when the parts are given."""
        return None if self.parts_are_given else self.split or RandomByUser()

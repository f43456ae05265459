"""What is asked of a bundle, and what it answers, in plain values."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, model_validator

from gnas_ray.serving.bundle import Bundle


class Wish(BaseModel):
    """One request for recommendations: to a user of the data, or to one of whom some items are known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user: StrictInt | StrictStr | None = Field(default=None, description="A user of the data.")
    items: tuple[StrictInt | StrictStr, ...] | None = Field(default=None, description="What a new user touched.")
    k: int = Field(default=10, ge=1, description="How many items.")
    include_seen: bool = Field(default=False, description="Items the user knows, too.")
    skip_unknown: bool = Field(default=False, description="Go by the others where one of `items` is not in the bundle.")
    why: bool = Field(default=False, description="With each, what the user touched that speaks for it.")

    @model_validator(mode="after")
    def _is_for_somebody(self) -> Wish:
        if (self.user is None) == (self.items is None):
            raise ValueError("wanted one of user and items")
        return self


def answer(bundle: Bundle, wish: Wish) -> list[dict[str, Any]]:
    """The items, best first: ``item``, ``score``, ``text``, and with ``why`` a list of ``item``, ``effect``, ``text``.

    Raises:
        UsageError: The user, or an item that is not to be skipped, is unknown; names the nearest.
    """
    whose: dict[str, Any]
    if wish.user is not None:
        whose = {"user_id": wish.user}
        rows = bundle.recommend(wish.user, wish.k, exclude_seen=not wish.include_seen)
    else:
        whose = {"item_ids": wish.items or (), "skip_unknown": wish.skip_unknown}
        rows = bundle.recommend_to_new(k=wish.k, exclude_seen=not wish.include_seen, **whose)
    answers: list[dict[str, Any]] = [{"item": row.item_id, "score": row.score, "text": row.text} for row in rows]
    if wish.why:
        reasons = bundle.reasons_of_each([row.item_id for row in rows], **whose)
        for plain, found in zip(answers, reasons, strict=True):
            plain["why"] = [{"item": one.item_id, "effect": one.effect, "text": one.text} for one in found]
    return answers

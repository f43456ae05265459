"""Whether conditions name what exists, earlier, with options it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gnas_ray.core import Value, nearest
from gnas_ray.space.choices import Choice, OptionChoice
from gnas_ray.space.conditions import position, quote, show


@dataclass(frozen=True)
class BadReference:
    """A condition that can't be meant.

    Attributes:
        choice: The choice whose condition it is.
        asked: The name that the condition asks about.
        what: What is wrong with it, with the nearest right answer.
    """

    choice: str
    asked: str
    what: str


def bad_references(choices: Sequence[Choice]) -> list[BadReference]:
    """Every condition on an unknown, later or numeric choice, or on an option that its choice has not."""
    names = {choice.name for choice in choices}
    earlier: dict[str, Choice] = {}
    found = []
    for choice in choices:
        for asked, options in choice.when.allowed:
            what = _wrong(asked, options, earlier, later=names - earlier.keys())
            if what:
                found.append(BadReference(choice.name, asked, what))
        earlier[choice.name] = choice
    return found


def _wrong(asked: str, options: tuple[Value, ...], earlier: Mapping[str, Choice], *, later: set[str]) -> str:
    if asked not in earlier:
        if asked in later:
            return f"condition on {asked!r}, which is not chosen before; move {asked!r} up"
        return f"condition on unknown {asked!r}{nearest(asked, earlier)}"
    choice = earlier[asked]
    if not isinstance(choice, OptionChoice):
        return f"condition on {asked!r}, which is numeric; conditions ask about options"
    if not options:
        return f"condition on {asked!r} lists no option; options: {choice.describe()}"
    missing = [option for option in options if position(option, choice.options) is None]
    return "; ".join(
        f"{asked!r} has no option {quote(option)}{nearest(show(option), map(show, choice.options))}"
        for option in missing
    )

"""A family of interchangeable members: ours, and those that other installed distributions add."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar, final

from gnas_ray.core.errors import GnasRayError

Member = TypeVar("Member")

_installed = cache(entry_points)  # looks into every installed distribution


@final
class Family(Mapping[str, Member]):
    """Members by the names that experiments give them.

    Other distributions add theirs as entry points of the group ``gnas_ray.<family>``. Their names are known without
    importing anything; a member is imported when it is asked for, so it may import its family itself.
    """

    def __init__(self, family: str, members: Mapping[str, Member]) -> None:
        self._group = f"gnas_ray.{family}"
        self._members = dict(members)

    def __getitem__(self, name: str) -> Member:
        """The member `name`.

        Raises:
            KeyError: There is none.
            GnasRayError: Another distribution's member can't be imported.
        """
        if name not in self._added:
            return self._members[name]
        try:
            member: Member = self._added[name].load()
        except Exception as error:
            why = f"can't be loaded: {type(error).__name__}: {error}"
            raise GnasRayError(f"{_described(self._added[name])} {why}") from error
        return member

    def __contains__(self, name: object) -> bool:
        return name in self._members or name in self._added

    def __iter__(self) -> Iterator[str]:
        return iter((*self._members, *self._added))

    def __len__(self) -> int:
        return len(self._members) + len(self._added)

    @cached_property
    def _added(self) -> Mapping[str, EntryPoint]:
        """Entry points by name.

        Raises:
            GnasRayError: A name is taken.
        """
        added: dict[str, EntryPoint] = {}
        for point in _installed().select(group=self._group):
            if point.name in self._members or point.name in added:
                owner = _described(added[point.name]) if point.name in added else "gnas_ray itself"
                raise GnasRayError(f"{_described(point)} can't be used: {owner} has the name {point.name!r} already")
            added[point.name] = point
        return added


def _described(point: EntryPoint) -> str:
    owner = f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown distribution"
    return f"entry point {point.group}: {point.name} = {point.value} of {owner}"

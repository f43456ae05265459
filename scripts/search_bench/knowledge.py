"""What a search over a table may know beforehand: weights of options, a search over another table, isomorphs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

from gnas_ray.core import Value
from gnas_ray.experiment.prior import choices_with_options
from gnas_ray.search.warm_start import NO_WARM_START, PlacedTrial, WarmStart, warm_start
from gnas_ray.space import SearchSpace
from gnas_ray.surrogates import Member
from search_bench.tables import Table

OTHER = {
    "nas-bench-graph:cora": "nas-bench-graph:citeseer",
    "nas-bench-graph:citeseer": "nas-bench-graph:cora",
    "fcnet:protein_structure": "fcnet:slice_localization",
    "fcnet:slice_localization": "fcnet:protein_structure",
}
"""The table that was searched before, by the one that is searched now."""
NUM_EARLIER = 100
"""Trials of the earlier search."""
_LEAST = 0.1
"""Weight of an option that is missing in the tenth that is believed; the greatest possible is 10."""


@dataclass(frozen=True)
class Knowledge:
    """The space, with options preferred or not, and what came of earlier trials."""

    space: SearchSpace
    warm_start: WarmStart = NO_WARM_START


def good_prior(table: Table) -> Knowledge:
    """Options weigh as many times as they are more frequent in the best tenth of the table than in all of it."""
    return Knowledge(table.space.weighted(_weights(table, is_best=True)))


def bad_prior(table: Table) -> Knowledge:
    """The same of the worst tenth: who believes it prefers what is worst."""
    return Knowledge(table.space.weighted(_weights(table, is_best=False)))


def no_isomorphs(table: Table) -> Knowledge:
    """Not told which members are the same network."""
    return Knowledge(replace(table.space, isomorphism=None))


def transfer(table: Table, earlier: Sequence[PlacedTrial]) -> Knowledge:
    """What the other table's search found."""
    return Knowledge(table.space, warm_start({"earlier": earlier}, table.space, seed=0))


def bad_transfer(table: Table, earlier: Sequence[PlacedTrial]) -> Knowledge:
    """The same trials with their order turned round: what was worst there is recommended here."""
    return transfer(table, [trial._replace(place=-trial.place) for trial in earlier])


PRIORS: Mapping[str, Callable[[Table], Knowledge]] = {
    "good_prior": good_prior,
    "bad_prior": bad_prior,
    "no_isomorphs": no_isomorphs,
}
TRANSFERS: Mapping[str, Callable[[Table, Sequence[PlacedTrial]], Knowledge]] = {
    "transfer": transfer,
    "bad_transfer": bad_transfer,
}


@lru_cache
def _weights(table: Table, *, is_best: bool) -> Mapping[str, Mapping[Value, float]]:
    members = [(value, member) for member in _members(table.space) if (value := table.value(member)) is not None]
    members.sort(key=lambda pair: pair[0], reverse=is_best)
    tenth = members[: len(members) // 10]
    weights = {}
    for choice in choices_with_options(table.space):
        in_tenth, in_all = (Counter(member[choice.name] for _, member in part) for part in (tenth, members))
        weights[choice.name] = {o: max(10 * in_tenth[o] / in_all[o], _LEAST) for o in choice.options}
    return weights


def _members(space: SearchSpace) -> Iterator[Member]:
    """Every member of a space without conditions."""
    choices = choices_with_options(space)
    for options in product(*(choice.options for choice in choices)):
        yield {choice.name: option for choice, option in zip(choices, options, strict=True)}

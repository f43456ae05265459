"""What earlier experiments found, in the words of the present space."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gnas_ray.core import EARLIER, RungLadder, TrialSpec, Value
from gnas_ray.experiment import PriorMember
from gnas_ray.ledger import Ledger, Measured
from gnas_ray.search.halving import SuccessiveHalving
from gnas_ray.space import SearchSpace
from gnas_ray.surrogates import EarlierTrials, Member
from gnas_ray.surrogates.comparison import Comparison

NUM_FIRST = 5
"""Members of earlier experiments that are tried first."""
_LEAST_KNOWN = 0.5
"""Share of an earlier trial's choices that the present space must have, for the trial to say anything here."""
_LEAST_APART = 2
"""Choices in which members that are tried first differ."""


@dataclass(frozen=True)
class WarmStart:
    """What a search has from earlier ones.

    Attributes:
        trials: Of each experiment.
        first: Good and different members of theirs, to be tried first.
    """

    trials: tuple[EarlierTrials, ...] = ()
    first: tuple[PriorMember, ...] = ()

    def to_json(self) -> str:
        """Text that `from_json` reads as the same, to the last bit."""
        trials = [
            {
                "name": t.name,
                "num_trials": t.num_trials,
                "objectives": t.objectives,
                "members": [dict(member) for member in t.members],
                "values": t.values.tolist(),
            }
            for t in self.trials
        ]
        first = [
            {"name": m.name, "architecture": dict(m.architecture), "hyperparameters": dict(m.hyperparameters)}
            for m in self.first
        ]
        return json.dumps({"trials": trials, "first": first}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> WarmStart:
        """The inverse of `to_json`."""
        plain = json.loads(text)
        trials = [EarlierTrials(**{**t, "values": np.array(t["values"], dtype=float)}) for t in plain["trials"]]
        return cls(tuple(trials), tuple(PriorMember(**m, origin=EARLIER) for m in plain["first"]))


NO_WARM_START = WarmStart()


class PlacedTrial(NamedTuple):
    """A trial and its place in its own experiment, higher is better."""

    spec: TrialSpec
    place: float


def placed_trials(ledger: Ledger, rungs: RungLadder) -> list[PlacedTrial]:
    """An experiment's trials that have been compared, each by what it would have come to had it trained whole."""
    objectives = ledger.objectives
    halving = SuccessiveHalving(rungs, is_plain=objectives.is_plain)
    compared: dict[int, None] = {}
    for event in ledger.events():
        if isinstance(event, Measured):
            merit = objectives.merit(event.measurement.metrics)
            halving.record(event.number, event.measurement.fidelity, merit, has_ended=True)
            if halving.num_climbed(event.number):
                compared[event.number] = None
    records = [record for number in compared if not (record := ledger.trial(number)).is_in_vain]
    specs, climbs = [record.spec for record in records], [halving.merits(record.number) for record in records]
    places = Comparison(ledger.space, objectives)(specs, climbs).places
    return [PlacedTrial(spec, place) for spec, place in zip(specs, places.tolist(), strict=True)]


def warm_start(earlier: Mapping[str, Sequence[PlacedTrial]], space: SearchSpace, *, seed: int) -> WarmStart:
    """What trials of earlier experiments say about `space`.

    A choice whose name, option or number the space does not have is unknown, and so is one that the earlier space did
    not have; a trial of which less than half is known is left out. Where an option was lost, the trial is no member to
    try first; where a whole decision was, it may be. Decisions that are new are drawn.

    Args:
        earlier: By the experiment's name.
        space: The present one.
        seed: Of what is drawn.
    """
    trials = tuple(_translated(name, placed, space) for name, placed in earlier.items())
    best = [_first_of(placed, space, random.Random(seed)) for placed in earlier.values()]
    return WarmStart(trials, tuple(_take_turns(best)))


def _translated(name: str, placed: Sequence[PlacedTrial], space: SearchSpace) -> EarlierTrials:
    members = [_known(trial.spec.member, space) for trial in placed]
    kept = [i for i, trial in enumerate(placed) if len(members[i]) >= max(1, _LEAST_KNOWN * len(trial.spec.member))]
    return EarlierTrials(name, [members[i] for i in kept], np.array([placed[i].place for i in kept]), len(placed))


def _known(member: Member, space: SearchSpace) -> dict[str, Value]:
    """What `space` has of it, where the conditions on what is known hold."""
    known: dict[str, Value] = {}
    for choice in (*space.decisions, *space.hyperparameters):
        is_possible = choice.when.without(choice.when.names - known.keys()).hold(known)
        if choice.name in member and is_possible and not choice.refusal(member[choice.name]):
            known[choice.name] = choice.as_written(member[choice.name])
    return known


def _first_of(placed: Sequence[PlacedTrial], space: SearchSpace, generator: random.Random) -> Iterator[PriorMember]:
    """Members, the best first, each different from those before it."""
    taken: list[Member] = []
    decided = {decision.name for decision in space.decisions}
    for spec, _ in sorted(placed, key=lambda trial: -trial.place):
        known = _known(spec.member, space)
        is_whole = decided & spec.architecture.keys() <= known.keys()
        if is_whole and all(_num_apart(known, other) >= _LEAST_APART for other in taken):
            taken.append(known)
            architecture = space.complete(known, generator)
            hyperparameters = {
                h.name: known[h.name] for h in space.active_hyperparameters(architecture) if h.name in known
            }
            yield PriorMember(f"trial {spec.number}", architecture, hyperparameters, EARLIER)


def _num_apart(one: Member, other: Member) -> int:
    return sum(one.get(name) != other.get(name) for name in {**one, **other})


def _take_turns(best: Sequence[Iterator[PriorMember]]) -> list[PriorMember]:
    """`NUM_FIRST` of all together, no architecture twice."""
    taken: dict[str, PriorMember] = {}
    waiting = list(best)
    while waiting and len(taken) < NUM_FIRST:
        source = waiting.pop(0)
        member = next(source, None)
        if member is not None:
            taken.setdefault(str(sorted(member.architecture.items())), member)
            waiting.append(source)
    return list(taken.values())

"""Trials to and from the attributes of an Optuna study."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from optuna.trial import FrozenTrial

from gnas_ray.core import Measurement, Outcome, Proposal, TrialSpec
from gnas_ray.ledger.records import Began, Ended, LedgerEvent, Measured, Paused, Promoted, TrialRecord
from gnas_ray.space import SearchSpace

OPENED, SET_ASIDE = "opened", "set_aside"
OUTCOME = "outcome"
_MEASUREMENT, _PAUSE, _PROMOTION = "measurement:", "pause:", "promotion:"


@dataclass(frozen=True)
class Stamp:
    """When something was written: its place in the ledger's total order, and the clock's seconds."""

    order: int
    time: float


@dataclass(frozen=True)
class StoredTrial:
    """A trial as the study holds it; `history` in the order of writing."""

    record: TrialRecord
    history: tuple[tuple[int, LedgerEvent], ...]


def measurement_key(fidelity: int) -> str:
    """The attribute that holds the measurement at `fidelity`."""
    return f"{_MEASUREMENT}{fidelity}"


def pause_key(fidelity: int) -> str:
    """The attribute that says when the trial paused at `fidelity`."""
    return f"{_PAUSE}{fidelity}"


def promotion_key(fidelity: int) -> str:
    """The attribute that says when the trial was promoted from `fidelity`."""
    return f"{_PROMOTION}{fidelity}"


def encode_beginning(proposal: Proposal, seed: int, stamp: Stamp) -> dict[str, Any]:
    """Attributes of a new trial; its architecture and hyperparameters are the study's parameters."""
    return {
        "origin": proposal.origin,
        "log_prob": proposal.log_prob,
        "policy_version": proposal.policy_version,
        "num_rivals": proposal.num_rivals,
        "seed": seed,
        "order": stamp.order,
        "time": stamp.time,
    }


def encode_measurement(measurement: Measurement, stamp: Stamp) -> dict[str, Any]:
    """One attribute for all metrics, so that a measurement is whole or absent."""
    metrics = {name: float(value) for name, value in measurement.metrics.items()}
    return {"order": stamp.order, "time": stamp.time, "metrics": metrics}


def encode_moment(stamp: Stamp) -> dict[str, Any]:
    """Of a pause or a promotion there is nothing to know but when."""
    return {"order": stamp.order, "time": stamp.time}


def encode_outcome(outcome: Outcome, reward: float | None, stamp: Stamp) -> dict[str, Any]:
    """One attribute for the ending, its reason and the reward."""
    return {"order": stamp.order, "time": stamp.time, "reward": reward, **outcome.to_dict()}


def sittings(opened: Sequence[float], written: Iterable[float]) -> list[tuple[float, float]]:
    """When the writers worked that opened a ledger at `opened`: each from then to the last of `written` that is its."""
    times = tuple(written)
    return [
        (start, max((time for time in times if start <= time < end), default=start))
        for start, end in pairwise([*opened, math.inf])
    ]


def decode(trial: FrozenTrial, space: SearchSpace) -> StoredTrial:
    """The inverse of the encoders."""
    attributes = trial.user_attrs
    architecture = space.canonical(trial.params)
    hyperparameters = {h.name: trial.params[h.name] for h in space.hyperparameters if h.name in trial.params}
    spec = TrialSpec(trial.number, architecture, hyperparameters, attributes["seed"])
    proposal = Proposal(
        architecture,
        attributes["origin"],
        attributes["log_prob"],
        policy_version=attributes["policy_version"],
        num_rivals=attributes.get("num_rivals", 0),  # ledgers before it did not have it
    )
    measured = _decode_measurements(attributes)
    waited = sorted(((Stamp(**plain), event) for plain, event in _decode_waits(trial)), key=lambda pair: pair[0].order)
    ending = attributes.get(OUTCOME)
    outcome = _decode_outcome(ending) if ending else None
    history: list[tuple[int, LedgerEvent]] = [(attributes["order"], Began(spec, proposal))]
    history += [(stamp.order, Measured(trial.number, measurement)) for stamp, measurement in measured]
    history += [(stamp.order, event) for stamp, event in waited]
    history += [(ending["order"], Ended(trial.number, outcome))] if ending and outcome else []
    record = TrialRecord(
        spec,
        proposal,
        attributes["time"],
        tuple(measurement for _, measurement in measured),
        tuple(stamp.time for stamp, _ in measured),
        outcome,
        ending["reward"] if ending else None,
        ending["time"] if ending else None,
    )
    for stamp, event in waited:
        record = record.paused(stamp.time) if isinstance(event, Paused) else record.after_pause(stamp.time)
    if record.ended is not None:
        record = record.after_pause(record.ended)
    return StoredTrial(record, tuple(history))


def _decode_measurements(attributes: Mapping[str, Any]) -> list[tuple[Stamp, Measurement]]:
    measured = [
        (Stamp(plain["order"], plain["time"]), Measurement(int(name.removeprefix(_MEASUREMENT)), plain["metrics"]))
        for name, plain in attributes.items()
        if name.startswith(_MEASUREMENT)
    ]
    return sorted(measured, key=lambda pair: pair[1].fidelity)


def _decode_waits(trial: FrozenTrial) -> Iterator[tuple[dict[str, Any], Paused | Promoted]]:
    for name, plain in trial.user_attrs.items():
        if name.startswith(_PAUSE):
            yield plain, Paused(trial.number)
        if name.startswith(_PROMOTION):
            yield plain, Promoted(trial.number)


def _decode_outcome(plain: Mapping[str, Any]) -> Outcome:
    return Outcome.from_dict(plain)

"""What a trial is, what it reports while it trains, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any

Value = str | int | float | bool
"""One option of a decision, or one hyperparameter's value."""


PRIOR = "prior"
"""The origin of proposals that the user made."""
EARLIER = "earlier"
"""The origin of proposals that were the best of earlier experiments."""
GIVEN_ORIGINS = (PRIOR, EARLIER)
"""Of proposals that were there before the search."""


def _frozen(mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(mapping))


@dataclass(frozen=True)
class Proposal:
    """One architecture a controller sampled, with what its policy update will need.

    Attributes:
        architecture: Active decisions only, e.g. ``{"num_layers": 1, "layer.0.operator": "gat"}``.
        origin: Where it came from: ``prior``, ``earlier``, ``policy``, ``mutation``, ``uniform``, ...
        log_prob: Log-probability under the policy that sampled it, or None where no policy did.
        policy_version: Number of policy updates made before it was sampled.
        num_rivals: Other candidates over which the surrogate picked it; 0 where it was tried unseen.
    """

    architecture: Mapping[str, Value]
    origin: str
    log_prob: float | None = None
    policy_version: int = 0
    num_rivals: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "architecture", _frozen(self.architecture))

    @cached_property
    def key(self) -> str:
        """Text that two proposals share exactly when their architectures, as the space writes them, are the same."""
        return json.dumps(dict(self.architecture), sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True)
class TrialSpec:
    """One architecture, its hyperparameters and a seed: everything that decides a trial's numbers."""

    number: int
    architecture: Mapping[str, Value]
    hyperparameters: Mapping[str, Value]
    seed: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "architecture", _frozen(self.architecture))
        object.__setattr__(self, "hyperparameters", _frozen(self.hyperparameters))

    @cached_property
    def member(self) -> Mapping[str, Value]:
        """Architecture and hyperparameters in one mapping."""
        return {**self.architecture, **self.hyperparameters}

    @property
    def name(self) -> str:
        """The trial's readable name, also its checkpoint folder's, e.g. ``trial-0007``."""
        return f"trial-{self.number:04d}"

    def to_dict(self) -> dict[str, Any]:
        """The plain dict that Ray ships and JSON stores."""
        return {
            "number": self.number,
            "architecture": dict(self.architecture),
            "hyperparameters": dict(self.hyperparameters),
            "seed": self.seed,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> TrialSpec:
        """The inverse of `to_dict`."""
        return cls(**plain)


@dataclass(frozen=True)
class Measurement:
    """What a trial reported at one fidelity.

    Attributes:
        fidelity: Epochs spent so far, from 1.
        metrics: By name, e.g. ``{"ndcg@20": 0.31, "epoch_seconds": 0.6}``.
    """

    fidelity: int
    metrics: Mapping[str, float]

    def __post_init__(self) -> None:
        if self.fidelity < 1:
            raise ValueError(f"fidelity counts epochs from 1, got {self.fidelity}")
        object.__setattr__(self, "metrics", _frozen(self.metrics))

    def to_dict(self) -> dict[str, Any]:
        """The plain dict that Ray ships and JSON stores."""
        return {"fidelity": self.fidelity, "metrics": dict(self.metrics)}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Measurement:
        """The inverse of `to_dict`."""
        return cls(**plain)


class Ending(StrEnum):
    """Why a trial ended."""

    FINISHED = "finished"
    """It trained to its last epoch, or until it was no better for long."""
    STOPPED = "stopped"
    """It was stopped: at a rung, where it waited, when the time was spent, or when its worker was lost past a rung."""
    FAILED = "failed"
    """It could not go on; `Outcome.failure` says why."""
    INFEASIBLE = "infeasible"
    """It was never trained: more than a limit allows was known before it began; `Outcome.detail` says what."""


class Failure(StrEnum):
    """What made a trial fail. Each is an outcome of that trial only."""

    EXCEPTION = "exception"
    NAN = "nan"
    OUT_OF_MEMORY = "out_of_memory"
    WORKER_LOST = "worker_lost"


@dataclass(frozen=True)
class Outcome:
    """The last word on a trial.

    Attributes:
        ending: Why it ended.
        failure: The kind of failure; given exactly when `ending` is FAILED.
        detail: Why, for people: of a failure the exception and the last lines of its traceback; or "".
        violation: Total relative excess over the limits; above 0 exactly when `ending` is INFEASIBLE.
    """

    ending: Ending
    failure: Failure | None = None
    detail: str = field(default="")
    violation: float = 0.0

    def __post_init__(self) -> None:
        if (self.ending is Ending.FAILED) != (self.failure is not None):
            raise ValueError(f"ending {self.ending!r} does not go with failure {self.failure!r}")
        if (self.ending is Ending.INFEASIBLE) != (self.violation > 0):
            raise ValueError(f"ending {self.ending!r} does not go with violation {self.violation}")

    @property
    def is_in_vain(self) -> bool:
        """Whether the trial has no value: it failed, or was never trained."""
        return self.ending in (Ending.FAILED, Ending.INFEASIBLE)

    def to_dict(self) -> dict[str, Any]:
        """The plain dict that Ray ships and JSON stores."""
        return {
            "ending": self.ending.value,
            "failure": self.failure and self.failure.value,
            "detail": self.detail,
            "violation": self.violation,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Outcome:
        """The inverse of `to_dict`; other keys are left alone."""
        failure = plain["failure"]
        kind = Failure(failure) if failure else None
        return cls(Ending(plain["ending"]), kind, plain["detail"], plain.get("violation", 0.0))

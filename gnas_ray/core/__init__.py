"""The nouns every room shares.

Question: what do we talk about? A trial's specification, its measurements, its outcome, the rungs where
trials are compared, named random streams, and the errors a user reads.

May import: the standard library only, so that any process can load it in milliseconds.
To add: a noun belongs here only when two rooms exchange it.
"""

from gnas_ray.core.errors import GnasRayError, Problem, UsageError, nearest
from gnas_ray.core.objectives import Constraint, Merit, Objectives
from gnas_ray.core.rungs import RungLadder
from gnas_ray.core.seeding import derive_seed
from gnas_ray.core.trial import (
    EARLIER,
    GIVEN_ORIGINS,
    PRIOR,
    Ending,
    Failure,
    Measurement,
    Outcome,
    Proposal,
    TrialSpec,
    Value,
)

__all__ = [
    "EARLIER",
    "GIVEN_ORIGINS",
    "PRIOR",
    "Constraint",
    "Ending",
    "Failure",
    "GnasRayError",
    "Measurement",
    "Merit",
    "Objectives",
    "Outcome",
    "Problem",
    "Proposal",
    "RungLadder",
    "TrialSpec",
    "UsageError",
    "Value",
    "derive_seed",
    "nearest",
]

"""Models of a trial's quality, fitted to trials that ended or reached a rung.

Question: how promising is this member of the space? Of many candidates for a trial, the most promising is tried. And
what would a trial that was stopped have come to? `Projection` and `Comparison` say so to the search and to the report.

May import: space, core; numpy, scipy, threadpoolctl.
To add one: a file with a final subclass of `Surrogate` whose constructor takes ``(space, ...)`` and explicit keyword
parameters with defaults (YAML keys bind to them), and its line in `SURROGATES`; the conformance tests find it there.
"""

from gnas_ray.core.family import Family
from gnas_ray.surrogates.base import EarlierTrials, Evidence, Hindrance, Member, Surrogate
from gnas_ray.surrogates.encoding import Array, Encoding, has_alternatives, perturb
from gnas_ray.surrogates.gp import GP
from gnas_ray.surrogates.none import NoSurrogate

SURROGATES: Family[type[Surrogate]] = Family(
    "surrogates",
    {
        "gp": GP,
        "none": NoSurrogate,
    },
)

__all__ = [
    "GP",
    "SURROGATES",
    "Array",
    "EarlierTrials",
    "Encoding",
    "Evidence",
    "Hindrance",
    "Member",
    "NoSurrogate",
    "Surrogate",
    "has_alternatives",
    "perturb",
]

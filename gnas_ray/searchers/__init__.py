"""What proposes hyperparameters for an architecture.

Question: given an architecture, the trials in the ledger and how good they are, which hyperparameters are tried? A
searcher keeps nothing itself, so a resumed search goes on as if never interrupted.

May import: surrogates, ledger, space, core; optuna.
To add one: a file with a final subclass of `Searcher` whose constructor takes ``(space, *, ledger, ...)`` and
explicit keyword parameters with defaults (YAML keys bind to them), and its line in `SEARCHERS`; the conformance
tests find it there.
"""

from gnas_ray.core.family import Family
from gnas_ray.searchers.base import Judged, Searcher
from gnas_ray.searchers.tpe import TPE
from gnas_ray.searchers.uniform import Uniform

SEARCHERS: Family[type[Searcher]] = Family(
    "searchers",
    {
        "tpe": TPE,
        "uniform": Uniform,
    },
)

__all__ = ["SEARCHERS", "TPE", "Judged", "Searcher", "Uniform"]

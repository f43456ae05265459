"""What else one could search with: general optimisers and published methods over the flat joint space.

Each is a `Searcher` over a space without decisions, so it is asked and told by the same session as ours. Unlike our
own searchers they keep state, as their libraries do, and learn from a trial at the first `propose` after its end.
"""

from collections.abc import Callable, Mapping

from optuna.samplers import GPSampler, NSGAIISampler, TPESampler

from gnas_ray.ledger import Ledger
from gnas_ray.searchers import Searcher
from gnas_ray.space import SearchSpace
from search_bench.references.gp_hamming import GPHamming
from search_bench.references.optuna_study import OptunaSearch, OptunaStudy
from search_bench.references.regularised_evolution import RegularisedEvolution


def _graphnas(space: SearchSpace, ledger: Ledger, seed: int) -> Searcher:
    from search_bench.references.graphnas import GraphNAS  # with torch, which takes longer to load than all the rest

    return GraphNAS(space, ledger, seed)


REFERENCES: Mapping[str, Callable[[SearchSpace, Ledger, int], Searcher]] = {
    "optuna_tpe": lambda space, ledger, seed: OptunaStudy(space, ledger, TPESampler(seed=seed, constant_liar=True)),
    "optuna_gp": lambda space, ledger, seed: OptunaStudy(space, ledger, GPSampler(seed=seed)),
    "optuna_search": lambda space, ledger, seed: OptunaSearch(space, ledger, TPESampler(seed=seed)),
    "optuna_nsga2": lambda space, ledger, seed: OptunaStudy(space, ledger, NSGAIISampler(seed=seed)),
    "gp_hamming": GPHamming,
    "regularised_evolution": RegularisedEvolution,
    "reinforce_graphnas": _graphnas,
}
"""By name: made from a flat space, its ledger and a seed."""

AMONG_OPTIONS = ("gp_hamming", "reinforce_graphnas")
"""Those that need a space without numbers and conditions."""

__all__ = ["AMONG_OPTIONS", "REFERENCES"]

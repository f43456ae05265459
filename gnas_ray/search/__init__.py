"""Controller, searcher and reward joined by ask and tell.

Question: what is tried next, who goes on, what was learned? `SearchSession` hands out trials, hears their
measurements and endings, and rebuilds itself from a ledger. No Ray and no training: whoever runs trials calls it.

May import: experiment and everything below it, but neither ray, optuna nor torch.
To add an early-stopping rule: a pure object with `SuccessiveHalving`'s methods.
"""

from gnas_ray.search.halving import SuccessiveHalving
from gnas_ray.search.session import SearchPlan, SearchSession

__all__ = ["SearchPlan", "SearchSession", "SuccessiveHalving"]

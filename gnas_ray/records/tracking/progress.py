"""What of a search's progress is shown as curves."""

from __future__ import annotations

import math

from gnas_ray.core.events import OPEN_STATES, SearchProgress

SEARCH = "search"
"""The run of the search; a trial's has the name of its spec."""


def curves(progress: SearchProgress) -> dict[str, float]:
    """By name what there is by now; no NaN."""
    shown = {
        "search/incumbent": progress.incumbent_value,
        "search/policy_entropy": progress.policy_entropy,
        **{f"trials/{state}": float(count) for state, count in progress.by_state.items()},
    }
    return {name: value for name, value in shown.items() if math.isfinite(value)}


def num_ended(progress: SearchProgress) -> int:
    """Trials that have ended, of the budget or not, so that it never falls: the curves' steps."""
    return sum(count for state, count in progress.by_state.items() if state not in OPEN_STATES)

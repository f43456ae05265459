"""Which interactions are used at all, by ratings, repeats, users and counts. Each is the user's explicit choice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gnas_ray.core import Problem, UsageError
from gnas_ray.data.log import Log
from gnas_ray.data.options import DataOptions
from gnas_ray.data.report import Count


def apply_filters(log: Log, options: DataOptions) -> tuple[Log, tuple[Count, ...]]:
    """`log` after the filters of `options`, and the counts before and after each.

    Raises:
        UsageError: A filter needs a rating that the data has not.
    """
    _check_ratings(log, options)
    counts = [Count.of("read", log)]
    if options.min_rating is not None:
        log = log.take(_ratings(log) >= options.min_rating)
        counts.append(Count.of(f"min_rating {options.min_rating:g}", log))
    if options.deduplicate != "none":
        log = deduplicate(log, options.deduplicate)
        counts.append(Count.of(f"deduplicate {options.deduplicate}", log))
    if options.max_users is not None:
        log = first_users(log, options.max_users)
        counts.append(Count.of(f"max_users {options.max_users}", log))
    if options.min_item_interactions > 1:
        log = log.take((np.bincount(log.item_index) >= options.min_item_interactions)[log.item_index])
        counts.append(Count.of(f"min_item_interactions {options.min_item_interactions}", log))
    if options.k_core > 1:
        log = k_core(log, options.k_core)
        counts.append(Count.of(f"k_core {options.k_core}", log))
    return log, tuple(counts)


def deduplicate(log: Log, rule: str) -> Log:
    """One interaction for each user and item: the first or the last, by timestamp and then by row.

    With ``mean`` and ``sum`` the last, its rating replaced by the mean or sum of all.
    """
    time = np.zeros(len(log), dtype=np.int64) if log.timestamp is None else log.timestamp
    order = np.lexsort((time, log.pair))
    starts = np.flatnonzero(np.diff(log.pair[order], prepend=-1))
    ends = np.append(starts, len(log))[1:] - 1
    kept = order[starts if rule == "first" else ends]
    if rule in ("mean", "sum"):
        combined = np.add.reduceat(_ratings(log)[order].astype(np.float64), starts)
        combined /= (ends - starts + 1) if rule == "mean" else 1
        rating = _ratings(log).copy()
        rating[kept] = combined
        log = replace(log, rating=rating)
    return log.take(np.sort(kept))


def first_users(log: Log, number: int) -> Log:
    """The interactions of the `number` users that `log` names first."""
    users, first_row = np.unique(log.user_index, return_index=True)
    return log.take(np.isin(log.user_index, users[np.argsort(first_row)[:number]]))


def k_core(log: Log, k: int) -> Log:
    """The largest part of `log` in which every user and every item has at least `k` interactions."""
    while len(log):
        enough = (np.bincount(log.user_index) >= k)[log.user_index]
        enough &= (np.bincount(log.item_index) >= k)[log.item_index]
        if enough.all():
            return log
        log = log.take(enough)
    return log


def _check_ratings(log: Log, options: DataOptions) -> None:
    wants = [f"min_rating {options.min_rating:g}"] if options.min_rating is not None else []
    wants += [f"deduplicate {options.deduplicate}"] if options.deduplicate in ("mean", "sum") else []
    if log.rating is None and wants:
        raise UsageError("data", [Problem("", f"{want} needs a column 'rating'; the data has none") for want in wants])


def _ratings(log: Log) -> NDArray[np.float32]:
    if log.rating is None:
        raise ValueError("no ratings")
    return log.rating

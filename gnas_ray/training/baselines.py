"""Baselines under the same rules as the search: chosen on validation, refitted, tested once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gnas_ray.core import Problem, UsageError, nearest
from gnas_ray.data import PreparedData
from gnas_ray.metrics.evaluator import Evaluator
from gnas_ray.models.baselines import BASELINES, Baseline
from gnas_ray.training.final_test import final_evaluator
from gnas_ray.training.reports import BaselineReport
from gnas_ray.training.threads import limited_to

Progress = Callable[[int, int], None]
"""Called with the number of settings tried so far, and of all of them."""


@dataclass(frozen=True)
class Tuned:
    """The settings that did best on validation, the earliest of equals.

    Attributes:
        baseline: Those settings, not fitted.
        valid: Their objective.
    """

    baseline: Baseline
    valid: float


def check_baselines(names: Sequence[str]) -> None:
    """Complains of every unknown name at once.

    Raises:
        UsageError: A name isn't one of `BASELINES`.
    """
    unknown = [name for name in names if name not in BASELINES]
    if unknown:
        raise UsageError(
            "baselines", [Problem("", f"unknown baseline {name!r}{nearest(name, BASELINES)}") for name in unknown]
        )


def run_baseline(
    name: str,
    data: PreparedData,
    *,
    metrics: Sequence[str],
    objective: str,
    threads: int = 1,
    progress: Progress | None = None,
) -> BaselineReport:
    """Tunes one baseline over its grid, refits it on train and valid, and tests it once.

    While choosing, it is fitted on train and ranks all items but train's; at test it is fitted on train and valid and
    ranks all items but theirs.

    Args:
        name: One of `BASELINES`.
        data: The split.
        metrics: To report on the test part, as in ``ndcg@20``.
        objective: The metric to choose by.
        threads: For linear algebra.
        progress: Hears after every setting.

    Raises:
        UsageError: The name or a metric is unknown.
        GnasRayError: The baseline can't be fitted to data of this size.
    """
    check_baselines([name])
    started = time.perf_counter()
    grid = BASELINES[name].grid()
    with limited_to(threads):
        tuned = tune(grid, data, objective=objective, progress=progress)
        tested = measure_on_test(tuned.baseline, data, metrics=metrics)
    seconds = time.perf_counter() - started
    return BaselineReport(name, tuned.baseline.settings, tuned.valid, tested, seconds, len(grid))


def tune(grid: Sequence[Baseline], data: PreparedData, *, objective: str, progress: Progress | None = None) -> Tuned:
    """The best of `grid` on validation, fitted on train only."""
    train = data.csr("train")
    evaluator = Evaluator([objective], seen=train, relevant=data.csr("valid"))
    tried = []
    for baseline in grid:
        tried.append(Tuned(baseline, evaluator.evaluate(baseline.fit(train))[objective]))
        if progress:
            progress(len(tried), len(grid))
    return max(tried, key=lambda tuned: tuned.valid)


def measure_on_test(baseline: Baseline, data: PreparedData, *, metrics: Sequence[str]) -> dict[str, float]:
    """Test metrics of a baseline fitted on train and valid."""
    return final_evaluator(data, metrics).evaluate(baseline.fit(data.csr("train", "valid")))

"""One system tuned on validation, fitted to train and valid, and tested once, as a search's winner is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import Any

from training_bench.base import METRIC, Work
from training_bench.measure import in_its_own_process, start_system

Curve = list[float]
"""NDCG@20 of the validation part after each epoch."""


def tuned_and_tested(
    name: str, work: Work, *, learning_rates: Sequence[float], epochs: int, patience: int
) -> dict[str, Any]:
    """One line: the learning rate and epoch that are best on validation, and NDCG@20 on test of what was refitted.

    Args:
        name: A key of `measure.SYSTEMS`.
        work: Its learning rate is replaced by each of
        learning_rates: Those to choose from.
        epochs: At most so many.
        patience: A training ends after so many epochs that were no better.
    """
    curves = {
        rate: in_its_own_process(_validated, name, replace(work, learning_rate=rate), epochs=epochs, patience=patience)
        for rate in learning_rates
    }
    best = max(curves, key=lambda rate: max(curves[rate]))
    refit = replace(work, learning_rate=best, parts=("train", "valid"))
    return {
        "system": name,
        "learning_rate": best,
        "epochs": _best_epoch(curves[best]),
        "valid_ndcg20": max(curves[best]),
        "test_ndcg20": in_its_own_process(_tested, name, refit, epochs=_best_epoch(curves[best])),
    }


def _validated(name: str, work: Work, *, epochs: int, patience: int) -> Curve:
    from gnas_ray.data import open_prepared
    from gnas_ray.metrics.evaluator import Evaluator

    data = open_prepared(work.data_folder)
    evaluator = Evaluator([METRIC], seen=data.csr("train"), relevant=data.csr("valid"))
    curve: Curve = []
    with TemporaryDirectory() as scratch:
        system = start_system(name, work, scratch)
        for _ in range(epochs):
            system.train_epoch()
            curve.append(evaluator.evaluate_vectors(*system.vectors())[METRIC])
            epoch = f"{name}, learning rate {work.learning_rate:g}: epoch {len(curve)}"
            print(f"{epoch}, {METRIC} on valid {curve[-1]:.4f}, best {max(curve):.4f}", file=sys.stderr)
            if len(curve) - _best_epoch(curve) >= patience:
                break
    return curve


def _tested(name: str, work: Work, *, epochs: int) -> float:
    from gnas_ray.data import open_prepared
    from gnas_ray.training.final_test import final_evaluator

    evaluator = final_evaluator(open_prepared(work.data_folder), [METRIC])
    with TemporaryDirectory() as scratch:
        system = start_system(name, work, scratch)
        for _ in range(epochs):
            system.train_epoch()
        return evaluator.evaluate_vectors(*system.vectors())[METRIC]


def _best_epoch(curve: Curve) -> int:
    return curve.index(max(curve)) + 1

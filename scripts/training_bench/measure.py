"""One system's figures, in a process of its own."""

from __future__ import annotations

import importlib
import statistics
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ParamSpec, TypeVar

from training_bench.base import METRIC, System, Work

SYSTEMS = {
    "ours": "training_bench.ours:Ours",
    "recbole": "training_bench.recbole:RecBole",
    "pyg": "training_bench.pyg:PyG",
    "lightgcn-pytorch": "training_bench.lightgcn_pytorch:LightGCNPyTorch",
}
_EVALUATIONS = 5

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def in_its_own_process(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """What `function` returns in a new process, so that its peak memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()


def measure(name: str, work: Work, *, epochs: int, cpu_s: float) -> dict[str, Any]:
    """One line: medians of CPU seconds, peak memory, the best NDCG@20, and its curve against training's CPU seconds.

    Args:
        name: A key of `SYSTEMS`.
        work: Its `scratch` is replaced by an empty folder.
        epochs: At most so many.
        cpu_s: No epoch begins after so many CPU seconds of training.
    """
    from gnas_ray.data import open_prepared
    from gnas_ray.metrics.evaluator import Evaluator

    with TemporaryDirectory() as scratch:
        system = start_system(name, work, scratch)
        data = open_prepared(work.data_folder)
        evaluator = Evaluator([METRIC], seen=data.csr("train"), relevant=data.csr("valid"))
        epoch_s: list[float] = []
        curve: list[tuple[float, float]] = []
        while len(curve) < epochs and sum(epoch_s) < cpu_s:
            epoch_s.append(cpu_seconds(system.train_epoch))
            curve.append((sum(epoch_s), evaluator.evaluate_vectors(*system.vectors())[METRIC]))
        system.evaluate()
        eval_s = [cpu_seconds(system.evaluate) for _ in range(_EVALUATIONS)]
    return {
        "system": name,
        "epoch_cpu_s": statistics.median(epoch_s),
        "eval_cpu_s": statistics.median(eval_s),
        "peak_mb": peak_mb(),
        "ndcg20": max(ndcg for _, ndcg in curve),
        "curve": curve,
    }


def start_system(name: str, work: Work, scratch: str) -> System:
    """A member of `SYSTEMS`, for which only its own libraries are loaded, with `scratch` for its folder."""
    _use_one_thread()
    warnings.simplefilter("ignore")  # of what is deprecated in what the others call
    module, _, attribute = SYSTEMS[name].partition(":")
    member: Callable[[Work], System] = getattr(importlib.import_module(module), attribute)
    return member(replace(work, scratch=Path(scratch).resolve()))


def cpu_seconds(action: Callable[[], object]) -> float:
    """CPU seconds of this process that `action` takes."""
    started = time.process_time()
    action()
    return time.process_time() - started


def peak_mb() -> float:
    """The largest resident size of this process, in 10^6 bytes."""
    import torch

    from gnas_ray.training.cost import peak_memory_bytes

    return peak_memory_bytes(torch.device("cpu")) / 1e6


def _use_one_thread() -> None:
    import torch

    torch.set_num_threads(1)

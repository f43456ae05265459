"""Which trials are not worth starting: what they would cost is estimated, and held against the experiment's limits."""

from __future__ import annotations

from collections.abc import Callable

from gnas_ray.core import Constraint, Ending, Outcome, TrialSpec
from gnas_ray.experiment import Experiment
from gnas_ray.search.session import Check, allow_all
from gnas_ray.training import TrainingTask

_PARAMETERS, _MEMORY = "num_parameters", "peak_memory_bytes"
"""Measured costs that are known before training, the second roughly, so that bounds on them are checked here too."""
_MEMORY_FACTOR = 1.5
"""What is measured may be so much less than what is estimated (see `CostEstimate`)."""


def cluster_has_gpu() -> bool:
    """Whether the connected cluster has one; `plan_placement` gives trials a share of it then."""
    import ray

    return bool(ray.cluster_resources().get("GPU", 0))


def check_of(experiment: Experiment, task: TrainingTask, *, has_gpu: Callable[[], bool] = cluster_has_gpu) -> Check:
    """Gives a trial that would break a limit its INFEASIBLE outcome, any other None.

    Limits are `resources.max_parameters`, `resources.max_memory_gb`, and the objective's upper bounds on num_parameters
    and, where the estimate leaves no doubt, on peak_memory_bytes.
    Whether memory is that of a GPU, the task's placement says: where a trial gets a share of one.
    """
    limits = _limits(experiment)
    if not limits:
        return allow_all
    from gnas_ray.training.estimate import DataSizes, estimate_cost

    sizes = DataSizes.of(task)
    gpus = experiment.resources.gpus_per_trial

    def check(spec: TrialSpec) -> Outcome | None:
        on_cuda = has_gpu() if gpus == "auto" else gpus > 0
        cost = estimate_cost(spec, sizes, on_cuda=on_cuda, eval_byte_budget=task.eval_byte_budget)
        estimated = {
            _PARAMETERS: float(cost.num_parameters),
            _MEMORY: cost.memory_bytes / _MEMORY_FACTOR,
            "memory_gb": cost.memory_bytes / 1e9,
        }
        broken = [limit for limit in limits if limit.violation(estimated[limit.metric]) > 0]
        if not broken:
            return None
        detail = "; ".join(f"{limit.metric} would be {estimated[limit.metric]:.6g}, wanted {limit}" for limit in broken)
        violation = sum(limit.violation(estimated[limit.metric]) for limit in broken)
        return Outcome(Ending.INFEASIBLE, detail=detail, violation=violation)

    return check


def _limits(experiment: Experiment) -> list[Constraint]:
    resources = experiment.resources
    bounds = [bound for bound in experiment.objectives.constraints if bound.is_upper]
    limits = [bound for bound in bounds if bound.metric in (_PARAMETERS, _MEMORY)]
    if resources.max_parameters is not None:
        limits.append(Constraint(_PARAMETERS, resources.max_parameters, is_upper=True))
    if resources.max_memory_gb is not None:
        limits.append(Constraint("memory_gb", resources.max_memory_gb, is_upper=True))
    return limits

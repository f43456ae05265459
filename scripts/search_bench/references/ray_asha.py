"""Ray Tune's asynchronous successive halving, as `OptunaSearch` would be used with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gnas_ray.core import RungLadder, TrialSpec
from gnas_ray.search.simulate import Crash, Epoch

Trainer = Callable[[TrialSpec], Iterator[Epoch | Crash]]


def stopped_by_ray(train: Trainer, rungs: RungLadder, objective: str) -> Trainer:
    """What trials report when Ray's `ASHAScheduler` stops them, or they have trained out.

    The scheduler is Ray's own, so everything in which it differs from our `SuccessiveHalving` is in it: it compares
    what a trial has now and not its best, with those that were there before and not with itself among them, and lets
    the first trial go on whatever it has. A simulation must not hold its trials to rungs of its own.

    Args:
        train: What trials report whole.
        rungs: Ray's `grace_period`, `reduction_factor` and `max_t`; and the patience, as a training of Ray's users
            would have it.
        objective: The metric that is compared.
    """
    from ray.tune.experiment import Trial
    from ray.tune.schedulers import ASHAScheduler, TrialScheduler

    scheduler = ASHAScheduler("epoch", objective, "max", rungs.max_epochs, rungs.grace_period, rungs.reduction_factor)

    def train_until_stopped(spec: TrialSpec) -> Iterator[Epoch | Crash]:
        trial = Trial("simulated", stub=True, trial_id=spec.name)
        scheduler.on_trial_add(None, trial)
        best, best_epoch = -float("inf"), 0
        for report in train(spec):
            yield report
            if isinstance(report, Crash):
                return
            # Here the report has been heard: what other trials reported before is with the scheduler already.
            epoch, value = report.measurement.fidelity, report.measurement.metrics[objective]
            if value > best:
                best, best_epoch = value, epoch
            verdict = scheduler.on_trial_result(None, trial, {"epoch": epoch, objective: value})
            if verdict == TrialScheduler.STOP or rungs.has_plateaued(epoch, best_epoch):
                return

    return train_until_stopped

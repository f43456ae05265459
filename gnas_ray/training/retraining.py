"""The winner once more, or the best few together: on all that may be learned from, tested once."""

from collections.abc import Generator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from gnas_ray.core import Measurement
from gnas_ray.models.channels.late_fusion import standardise
from gnas_ray.training.fitted import FittedRecommender, FittedTrial, Refit
from gnas_ray.training.inputs import open_inputs
from gnas_ray.training.ranks import Ranks
from gnas_ray.training.task import TrainingTask
from gnas_ray.training.trainer import Trainer, resolve_device


def retrain(
    refits: Sequence[Refit], task: TrainingTask, *, ranks: Ranks | None = None
) -> Generator[Measurement, None, FittedRecommender]:
    """The trials trained on train + valid one after the other, then tested once together, train + valid masked.

    Nothing is chosen here: trials and epochs come from the search's validation. Yields a measurement an epoch, of loss
    and speed; its fidelity counts the epochs of all trials so far. The last has the test metrics. Returns what was
    trained.

    Args:
        refits: At least one, of different trials.
        task: The search's; its splits are replaced.
        ranks: The processes that train together; one by default.

    Raises:
        As `trial.train`.
    """
    total, before, fitted = sum(refit.epochs for refit in refits), 0, []
    for refit in refits:
        training = Training(refit, task, ranks=ranks)
        for measurement in training:
            if before + measurement.fidelity < total:
                yield Measurement(before + measurement.fidelity, measurement.metrics)
        before += refit.epochs
        fitted.append(training.fitted())
    together = tested_together(fitted, task)
    yield Measurement(total, together.metrics)
    return together


class Training:
    """One of them, trained on train + valid. Iterate over its epochs, each a measurement of loss and speed.

    Args:
        refit: Which trial, and how long.
        task: The search's; its splits are replaced.
        ranks: The processes that train together; one by default.

    Raises:
        As `trial.train`.
    """

    def __init__(self, refit: Refit, task: TrainingTask, *, ranks: Ranks | None = None) -> None:
        self._refit = refit
        self._trainer = Trainer(refit.spec, _final(task), ranks=ranks)
        self._last: Measurement | None = None

    def __iter__(self) -> Generator[Measurement]:
        for epoch in range(1, self._refit.epochs + 1):
            self._last = Measurement(epoch, self._trainer.train_epoch())
            yield self._last

    def fitted(self) -> FittedTrial:
        """What it has come to."""
        users, items = self._trainer.vectors()
        return FittedTrial(
            refit=self._refit,
            metrics=self._last.metrics if self._last else {},
            user_vectors=users.cpu().numpy(),
            item_vectors=items.cpu().numpy(),
            weights={name: tensor.cpu().numpy() for name, tensor in self._trainer.weights().items()},
        )


def tested_together(fitted: Sequence[FittedTrial], task: TrainingTask) -> FittedRecommender:
    """Trainings as one recommender, and what it reaches on the test part.

    Args:
        fitted: At least one, of different trials.
        task: The search's; its splits are replaced.
    """
    task = _final(task)
    vectors = [(torch.from_numpy(one.user_vectors), torch.from_numpy(one.item_vectors)) for one in fitted]
    users, items = sum_of_scores(vectors)
    device = resolve_device(task.device)
    evaluator = open_inputs(task, device).evaluator
    assert evaluator is not None
    return FittedRecommender(
        refits=tuple(one.refit for one in fitted),
        fit_on=task.fit_on,
        data_folder=task.data_folder,
        metrics={**evaluator.evaluate_vectors(users.to(device), items.to(device)), **fitted[-1].metrics},
        user_vectors=users.numpy(),
        item_vectors=items.numpy(),
        weights={f"{one.refit.spec.number}.{name}": w for one in fitted for name, w in one.weights.items()},
    )


def sum_of_scores(vectors: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Vectors whose score is the sum of the given ones' scores, each with standard deviation 1; one stays as it is.

    Args:
        vectors: Of (users, width) and (items, width), the widths their own.

    Returns:
        (users, sum of widths) and (items, sum of widths).
    """
    if len(vectors) == 1:
        return vectors[0]
    users, items = zip(*(standardise(*pair) for pair in vectors), strict=True)
    return torch.cat(users, 1), torch.cat(items, 1)


def _final(task: TrainingTask) -> TrainingTask:
    return replace(task, fit_on="train+valid", evaluate_on="test")

"""The winner once more, or the best few together: on all that may be learned from, tested once."""

from collections.abc import Generator, Sequence
from dataclasses import replace

import torch

from gnas_ray.core import Measurement
from gnas_ray.models.channels.late_fusion import standardise
from gnas_ray.models.vectors import Vectors
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
        del training  # before the next one is made: its memory may be most of a GPU's
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
        keys = self._trainer.keys()
        return FittedTrial(
            refit=self._refit,
            metrics=self._last.metrics if self._last else {},
            user_vectors=users.cpu().numpy(),
            item_vectors=items.cpu().numpy(),
            item_keys=None if keys is None else keys.numpy(),
            weights={name: tensor.cpu().numpy() for name, tensor in self._trainer.weights().items()},
        )


def tested_together(fitted: Sequence[FittedTrial], task: TrainingTask) -> FittedRecommender:
    """Trainings as one recommender, and what it reaches on the test part.

    Args:
        fitted: At least one, of different trials.
        task: The search's; its splits are replaced.
    """
    task = _final(task)
    users, items, keys = sum_of_scores([_vectors(one) for one in fitted])
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
        item_keys=None if keys is None else keys.numpy(),
        weights={f"{one.refit.spec.number}.{name}": w for one in fitted for name, w in one.weights.items()},
    )


def sum_of_scores(vectors: Sequence[Vectors]) -> Vectors:
    """Vectors whose score is the sum of the given ones' scores, each with standard deviation 1; one stays as it is.

    Args:
        vectors: Of the same users and items, the widths their own; what comes of them has the sum of the widths.
    """
    if len(vectors) == 1:
        return vectors[0]
    users, items, keys = zip(*map(standardise, vectors), strict=True)
    are_known = any(part is not None for part in keys)
    whole = [torch.zeros_like(of) if part is None else part for part, of in zip(keys, items, strict=True)]
    return Vectors(torch.cat(users, 1), torch.cat(items, 1), torch.cat(whole, 1) if are_known else None)


def _vectors(fitted: FittedTrial) -> Vectors:
    users, items = torch.from_numpy(fitted.user_vectors), torch.from_numpy(fitted.item_vectors)
    return Vectors(users, items, None if fitted.item_keys is None else torch.from_numpy(fitted.item_keys))


def _final(task: TrainingTask) -> TrainingTask:
    return replace(task, fit_on="train+valid", evaluate_on="test")

"""The winner once more, or the best few together: on all that may be learned from, tested once."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gnas_ray.core import Measurement
from gnas_ray.models.channels.late_fusion import standardise
from gnas_ray.training.fitted import FittedRecommender, Refit
from gnas_ray.training.ranks import Ranks
from gnas_ray.training.task import TrainingTask
from gnas_ray.training.trainer import Trainer


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
    task = replace(task, fit_on="train+valid", evaluate_on="test")
    last, epoch = sum(refit.epochs for refit in refits), 0
    vectors: list[tuple[Tensor, Tensor]] = []
    weights: dict[str, NDArray[np.generic]] = {}
    trained: Mapping[str, float] = {}
    for refit in refits:
        trainer = Trainer(refit.spec, task, ranks=ranks)
        for _ in range(refit.epochs):
            trained, epoch = trainer.train_epoch(), epoch + 1
            if epoch < last:
                yield Measurement(epoch, trained)
        vectors.append(trainer.vectors())
        weights |= {f"{refit.spec.number}.{name}": tensor.cpu().numpy() for name, tensor in trainer.weights().items()}
    users, items = sum_of_scores(vectors)
    evaluator = trainer.inputs.evaluator
    assert evaluator is not None
    metrics = {**evaluator.evaluate_vectors(users, items), **trained}
    yield Measurement(epoch, metrics)
    return FittedRecommender(
        refits=tuple(refits),
        fit_on=task.fit_on,
        data_folder=task.data_folder,
        metrics=metrics,
        user_vectors=users.cpu().numpy(),
        item_vectors=items.cpu().numpy(),
        weights=weights,
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

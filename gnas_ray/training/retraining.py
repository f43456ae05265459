"""The winner once more: on all that may be learned from, tested once."""

from collections.abc import Generator
from dataclasses import replace

from gnas_ray.core import Measurement, TrialSpec
from gnas_ray.training.fitted import FittedRecommender
from gnas_ray.training.ranks import Ranks
from gnas_ray.training.task import TrainingTask
from gnas_ray.training.trainer import Trainer


def retrain(
    spec: TrialSpec, task: TrainingTask, *, epochs: int, ranks: Ranks | None = None
) -> Generator[Measurement, None, FittedRecommender]:
    """The trial trained on train + valid for `epochs`, then tested once, train + valid masked.

    Nothing is chosen here: `epochs` comes from the search's validation. Yields a measurement an epoch, of loss and
    speed; the last has the test metrics. Returns what was trained.

    Args:
        spec: The trial, with the seed to train with.
        task: The search's; its splits and length are replaced.
        epochs: How long to train.
        ranks: The processes that train it together; one by default.

    Raises:
        As `trial.train`.
    """
    task = replace(task, fit_on="train+valid", evaluate_on="test", max_epochs=epochs)
    trainer = Trainer(spec, task, ranks=ranks)
    for _ in range(epochs - 1):
        trained = trainer.train_epoch()
        yield Measurement(trainer.epoch, trained)
    tested = trainer.measure(trainer.train_epoch())
    yield tested
    return fitted_recommender(trainer, task, tested)


def fitted_recommender(trainer: Trainer, task: TrainingTask, measurement: Measurement) -> FittedRecommender:
    """What the trainer has by now, on the host."""
    users, items = trainer.vectors()
    weights = {name: tensor.cpu().numpy() for name, tensor in trainer.weights().items()}
    return FittedRecommender(
        spec=trainer.spec,
        epochs=trainer.epoch,
        fit_on=task.fit_on,
        data_folder=task.data_folder,
        metrics=measurement.metrics,
        user_vectors=users.cpu().numpy(),
        item_vectors=items.cpu().numpy(),
        weights=weights,
    )

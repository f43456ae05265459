"""A trial from beginning to end."""

from collections.abc import Iterator
from pathlib import Path

import torch

from gnas_ray.core import Measurement, TrialSpec
from gnas_ray.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from gnas_ray.training.errors import CheckpointError
from gnas_ray.training.ranks import Ranks, SingleRank
from gnas_ray.training.task import TrainingTask
from gnas_ray.training.trainer import Trainer


def train(
    spec: TrialSpec,
    task: TrainingTask,
    *,
    checkpoint_folder: Path | None = None,
    until: int | None = None,
    ranks: Ranks | None = None,
) -> Iterator[Measurement]:
    """One measurement an epoch, up to ``task.max_epochs`` or `until`; close the iterator to stop the trial.

    A checkpoint is written every ``task.checkpoint_every`` epochs and after the last of this call, before its
    measurement is yielded. With one in `checkpoint_folder` its measurements are yielded again, in case some were lost
    on their way, and the trial goes on after them with the numbers it would have had (see `Trainer`).

    Args:
        spec: The trial.
        task: What all trials share.
        checkpoint_folder: The trial's own folder; None for no checkpoints. All ranks read it, rank 0 writes.
        until: The epochs after which this call ends, for another to go on from the checkpoint; None for all.
        ranks: The processes that train it together; one by default. All must call this alike.

    Raises:
        UsageError: A decision or hyperparameter has no meaning here.
        NanLossError: The loss is not finite.
        CheckpointError: The folder has another trial's checkpoint, or not all ranks see the same one there.
        torch.OutOfMemoryError: On CUDA; on CPU a RuntimeError that says so.
    """
    ranks = ranks or SingleRank()
    trainer = Trainer(spec, task, ranks=ranks)
    checkpoint = load_checkpoint(checkpoint_folder, spec) if checkpoint_folder else None
    if ranks.count > 1:
        _require_agreement(checkpoint.fidelity if checkpoint else 0, ranks, trainer)
    if checkpoint:
        trainer.restore(checkpoint.tensors, checkpoint.fidelity)
    measurements = list(checkpoint.measurements if checkpoint else ())
    yield from measurements
    last = until or task.max_epochs
    while trainer.epoch < last:
        measurements.append(trainer.measure(trainer.train_epoch()))
        due = trainer.epoch % task.checkpoint_every == 0 or trainer.epoch == last
        if checkpoint_folder and due and ranks.rank == 0:
            save_checkpoint(checkpoint_folder, Checkpoint(spec, tuple(measurements), trainer.state()))
        yield measurements[-1]


def _require_agreement(fidelity: int, ranks: Ranks, trainer: Trainer) -> None:
    """Else one would wait for gradients of epochs that another has behind it."""
    # Of equal numbers both sums are multiples; of different ones, at most one rank could have the first so by chance.
    own = torch.tensor([fidelity, fidelity**2], dtype=torch.float64, device=trainer.device)
    together = own.clone()
    ranks.sum([together])
    if not torch.equal(together, ranks.count * own):
        raise CheckpointError(
            f"rank {ranks.rank} finds a checkpoint after {fidelity} epochs, others another; the folder must be on "
            "storage that all nodes see alike"
        )

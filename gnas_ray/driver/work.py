"""What worker groups are given to do: train a trial, or train the winner again, on the data or on worse ones."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnas_ray.core import Measurement, TrialSpec
from gnas_ray.driver.switchboard import Order

if TYPE_CHECKING:
    from gnas_ray.training import Refit, TrainingTask


@dataclass(frozen=True)
class TrainTrials:
    """Trains one trial of the search an order; the process keeps what trials share, so it is loaded once."""

    task: TrainingTask

    def __call__(self, order: Order) -> Generator[Measurement]:
        """Measurements of the order's trial, from its checkpoint on where there is one, to where it is to pause."""
        from gnas_ray.training import find_ranks, train

        spec, folder = unpack(order.payload)
        yield from train(spec, self.task, checkpoint_folder=folder, until=order.until, ranks=find_ranks())


@dataclass(frozen=True)
class RetrainTrials:
    """Trains an order's trial on train + valid and writes what it has come to."""

    task: TrainingTask

    def __call__(self, order: Order) -> Generator[Measurement]:
        """Losses while it trains."""
        from gnas_ray.training import Refit, Training, find_ranks

        plain: Mapping[str, Any] = order.payload
        ranks = find_ranks()
        training = Training(Refit.from_dict(plain["refit"]), self.task, ranks=ranks)
        yield from training
        if ranks.rank == 0:
            training.fitted().save(Path(plain["file"]))


@dataclass(frozen=True)
class RetrainDisturbed:
    """Trains the same trials on a disturbed train + valid an order, whose payload names which; tests them once."""

    refits: Sequence[Refit]
    tasks: Mapping[str, TrainingTask]

    def __call__(self, order: Order) -> Generator[Measurement]:
        """Losses while it trains; the test metrics with the last measurement."""
        from gnas_ray.training import find_ranks, retrain

        task = self.tasks[str(order.payload["disturbance"])]
        yield from retrain(self.refits, task, ranks=find_ranks())


def pack(spec: TrialSpec, folder: Path | None) -> dict[str, Any]:
    """A trial and the folder of its checkpoint as an order's payload."""
    return {"spec": spec.to_dict(), "folder": str(folder) if folder else None}


def unpack(payload: Mapping[str, Any]) -> tuple[TrialSpec, Path | None]:
    """The inverse of `pack`."""
    return TrialSpec.from_dict(payload["spec"]), Path(payload["folder"]) if payload["folder"] else None


def pack_refit(refit: Refit, file: Path) -> dict[str, Any]:
    """What is trained once more, and where it is written, as a payload of `RetrainTrials`."""
    return {"refit": refit.to_dict(), "file": str(file)}

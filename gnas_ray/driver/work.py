"""What worker groups are given to do: train a trial, or train the winner again, on the data or on worse ones."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnas_ray.core import Measurement, TrialSpec
from gnas_ray.driver.switchboard import Order

if TYPE_CHECKING:
    from gnas_ray.training import TrainingTask


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
    """Trains a trial on train + valid an order, tests it once, and writes its bundle where the order wants one."""

    task: TrainingTask
    epochs: int

    def __call__(self, order: Order) -> Generator[Measurement]:
        """Losses while it trains; the test metrics with the last measurement."""
        from gnas_ray.training import find_ranks, retrain, save_bundle

        spec, bundle = unpack(order.payload)
        ranks = find_ranks()
        fitted = yield from retrain(spec, self.task, epochs=self.epochs, ranks=ranks)
        if bundle and ranks.rank == 0:
            save_bundle(bundle, fitted)


@dataclass(frozen=True)
class RetrainDisturbed:
    """Trains one trial on a disturbed train + valid an order, whose payload names the disturbance; tests it once."""

    spec: TrialSpec
    tasks: Mapping[str, TrainingTask]
    epochs: int

    def __call__(self, order: Order) -> Generator[Measurement]:
        """As `RetrainTrials`."""
        from gnas_ray.training import find_ranks, retrain

        task = self.tasks[str(order.payload["disturbance"])]
        yield from retrain(self.spec, task, epochs=self.epochs, ranks=find_ranks())


def pack(spec: TrialSpec, folder: Path | None) -> dict[str, Any]:
    """A trial and the folder of its checkpoint or bundle as an order's payload."""
    return {"spec": spec.to_dict(), "folder": str(folder) if folder else None}


def unpack(payload: Mapping[str, Any]) -> tuple[TrialSpec, Path | None]:
    """The inverse of `pack`."""
    return TrialSpec.from_dict(payload["spec"]), Path(payload["folder"]) if payload["folder"] else None

"""What worker groups are given to do: train a trial."""

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
        """Measurements of the order's trial, from its checkpoint on where there is one."""
        from gnas_ray.training import find_ranks, train

        spec, folder = unpack(order.payload)
        yield from train(spec, self.task, checkpoint_folder=folder, ranks=find_ranks())


def pack(spec: TrialSpec, checkpoint_folder: Path) -> dict[str, Any]:
    """A trial as an order's payload."""
    return {"spec": spec.to_dict(), "checkpoint_folder": str(checkpoint_folder)}


def unpack(payload: Mapping[str, Any]) -> tuple[TrialSpec, Path]:
    """The inverse of `pack`."""
    return TrialSpec.from_dict(payload["spec"]), Path(payload["checkpoint_folder"])

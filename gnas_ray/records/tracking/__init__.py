"""A search in the tools where people watch their other trainings too.

To add one: a module with a listener that has `close`, a name for it in `Experiment.tracking`, and a line in `tracking`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from gnas_ray.core.events import Listener
from gnas_ray.records.events import tell_all
from gnas_ray.records.folder import ExperimentFolder

__all__ = ["tracking"]


@contextmanager
def tracking(names: Sequence[str], experiment: str, folder: ExperimentFolder, *, tell: Listener) -> Iterator[Listener]:
    """A listener that shows in each of `names` what it hears, until the block ends.

    Args:
        names: As `Experiment.tracking`.
        experiment: Its name.
        folder: Where files go.
        tell: Hears of one that shows no more.

    Raises:
        GnasRayError: One can't be begun.
    """
    with ExitStack() as stack:
        listeners: list[Listener] = []
        if "tensorboard" in names:
            from gnas_ray.records.tracking.tensorboard import TensorBoard

            board = TensorBoard(folder.tensorboard)
            stack.callback(board.close)
            listeners.append(board)
        if "wandb" in names:
            from gnas_ray.records.tracking.weights_and_biases import WeightsAndBiases

            runs = WeightsAndBiases(experiment, folder.wandb, tell=tell)
            stack.callback(runs.close)
            listeners.append(runs)
        yield tell_all(*listeners)

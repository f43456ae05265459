"""Why a training could not go on."""

from gnas_ray.core import GnasRayError


class NanLossError(GnasRayError, FloatingPointError):
    """The loss is NaN or infinite; the trial's numbers mean nothing from here on."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        super().__init__(f"the loss became NaN or infinite in epoch {epoch}")

    def __reduce__(self) -> "tuple[type[NanLossError], tuple[int]]":
        return type(self), (self.epoch,)


class CheckpointError(GnasRayError):
    """A checkpoint is there but does not belong to the trial, or not all that train it see it."""

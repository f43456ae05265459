"""Why a training could not go on."""

from gnas_ray.core import GnasRayError


class NanLossError(GnasRayError, FloatingPointError):
    """The loss is NaN or infinite; the trial's numbers mean nothing from here on."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        super().__init__(f"the loss became NaN or infinite in epoch {epoch}")

    def __reduce__(self) -> "tuple[type[NanLossError], tuple[int]]":
        return type(self), (self.epoch,)


class UnrecordableStepError(GnasRayError):
    """A step that a GPU can't be told once, because it waits for the device or allocates outside the recording."""

    def __init__(self, cause: Exception) -> None:
        self.cause = cause
        super().__init__(
            f"the step can't be recorded as a CUDA graph ({type(cause).__name__}: {cause}); "
            "train without training.cuda_graphs"
        )

    def __reduce__(self) -> "tuple[type[UnrecordableStepError], tuple[Exception]]":
        return type(self), (self.cause,)


class CheckpointError(GnasRayError):
    """A checkpoint is there but does not belong to the trial, or not all that train it see it."""

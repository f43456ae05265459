"""Where a trial stopped, so that it can go on: tensors in safetensors, the rest in JSON.

A folder holds ``checkpoint.json`` (the trial, its measurements, the tensors' file) and one ``epoch-0007.safetensors``
with ``model.*``, ``optimiser.*`` and the like. The JSON file is replaced last and atomically, so whoever reads sees one
checkpoint or the next, never half of each. No random state is kept: an epoch's generators are seeded by the trial's
seed and the epoch's number.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from gnas_ray.core import Measurement, TrialSpec
from gnas_ray.training.errors import CheckpointError

_MANIFEST = "checkpoint.json"


@dataclass(frozen=True)
class Checkpoint:
    """A trial's state after the epochs of its last measurement; tensors by name.

    All measurements are kept, in case some were lost on their way: a worker group trains on for a while after its
    driver died.
    """

    spec: TrialSpec
    measurements: tuple[Measurement, ...]
    tensors: Mapping[str, Tensor]

    @property
    def fidelity(self) -> int:
        """Epochs trained."""
        return self.measurements[-1].fidelity


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Writes the checkpoint and removes the one before it."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"epoch-{checkpoint.fidelity:04d}.safetensors"
    save_file({key: value.detach().contiguous() for key, value in checkpoint.tensors.items()}, folder / name)
    measurements = [measurement.to_dict() for measurement in checkpoint.measurements]
    manifest = {"spec": checkpoint.spec.to_dict(), "tensors": name, "measurements": measurements}
    unfinished = folder / (_MANIFEST + ".new")
    unfinished.write_text(json.dumps(manifest, indent=1))
    unfinished.replace(folder / _MANIFEST)
    for old in folder.glob("epoch-*.safetensors"):
        if old.name != name:
            old.unlink()


def load_checkpoint(folder: Path, spec: TrialSpec) -> Checkpoint | None:
    """The folder's checkpoint, on CPU, or None where there is none that can be read: files are not forced to disk, so
    a machine that loses its power may leave half of one, and the trial begins anew.

    Raises:
        CheckpointError: It is another trial's.
    """
    path = folder / _MANIFEST
    if not path.exists():
        return None
    try:
        return _read(path, spec)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        logging.getLogger("gnas_ray").warning("%s can't be read (%s); %s begins anew", path, error, spec.name)
        return None


def _read(path: Path, spec: TrialSpec) -> Checkpoint:
    manifest = json.loads(path.read_text())
    if manifest["spec"] != spec.to_dict():
        raise CheckpointError(f"{path} belongs to another trial: {manifest['spec']}, wanted {spec.to_dict()}")
    measurements = tuple(map(Measurement.from_dict, manifest["measurements"]))
    return Checkpoint(spec, measurements, load_file(path.parent / manifest["tensors"]))

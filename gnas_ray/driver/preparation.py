"""From an experiment to what its trials share."""

from __future__ import annotations

import json
from pathlib import Path

from gnas_ray.core import Problem, UsageError
from gnas_ray.core.events import Listener, PhaseStarted
from gnas_ray.core.files import write_whole
from gnas_ray.data import PreparedData, find_home, prepare
from gnas_ray.experiment import Experiment
from gnas_ray.models.encoders import encode_texts, find_encoder
from gnas_ray.records.folder import ExperimentFolder
from gnas_ray.training import TrainingTask


def prepare_task(experiment: Experiment, listener: Listener) -> TrainingTask:
    """The data split and the texts encoded, each once ever: both are addressed by their content.

    Raises:
        UsageError: The data has problems; all of them.
        GnasRayError: The data or an encoder is not on this machine; the text lists the ways to get it.
    """
    home = find_home()
    listener(PhaseStarted("preparing data", experiment.data.dataset.name))
    data = prepare(experiment.data, home)
    vectors = {name: str(_encode(experiment, name, data, listener, home=home)) for name in experiment.encoder_names}
    return TrainingTask(
        data_folder=str(data.folder),
        metrics=experiment.metrics,
        max_epochs=experiment.scheduler.max_epochs,
        text_vectors=vectors,
        threads=experiment.resources.threads,
        device="cpu" if _uses_no_gpu(experiment) else "auto",
        cuda_graphs=experiment.training.cuda_graphs,
        eval_byte_budget=experiment.training.eval_byte_budget,
        checkpoint_every=experiment.training.checkpoint_every,
    )


def prepare_again(experiment: Experiment, files: ExperimentFolder, listener: Listener) -> TrainingTask:
    """`prepare_task` of the data and encoders that the folder's trials are measured on; the first call keeps which.

    Raises:
        UsageError: A file has changed since, so that what is measured now could not be compared with what was.
        GnasRayError: As `prepare_task`.
    """
    task = prepare_task(experiment, listener)
    # Both are named after their content.
    found = {"data": Path(task.data_folder).name}
    found |= {f"encoders.{name}": Path(vectors).stem for name, vectors in task.text_vectors.items()}
    if not files.inputs.is_file():
        write_whole(files.inputs, json.dumps(found, indent=2) + "\n")
        return task
    kept: dict[str, str] = json.loads(files.inputs.read_text(encoding="utf-8"))
    what = "not the same as when the search began; bring the files back, or start another search"
    if changed := [key for key, content in found.items() if kept.get(key) != content]:
        raise UsageError(str(files.root), [Problem(key, what) for key in changed])
    return task


def _encode(experiment: Experiment, name: str, data: PreparedData, listener: Listener, *, home: Path) -> Path:
    options = experiment.encoders.get(name)
    source = find_encoder(name, home, options.path if options else None)

    def progress(done: int, total: int) -> None:
        listener(PhaseStarted("encoding item texts", f"with {name}: {done} of {total}"))

    device = "cpu" if _uses_no_gpu(experiment) else None
    return encode_texts(source, data.item_texts.to_pylist(), home, progress=progress, device=device)


def _uses_no_gpu(experiment: Experiment) -> bool:
    return experiment.resources.gpus_per_trial == 0

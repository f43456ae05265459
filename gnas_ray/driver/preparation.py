"""From an experiment to what its trials share."""

from __future__ import annotations

import json
from pathlib import Path

from gnas_ray.core import Problem, UsageError
from gnas_ray.core.events import Listener, PhaseStarted
from gnas_ray.core.files import write_whole
from gnas_ray.data import PreparedData, find_home, prepare, remarks
from gnas_ray.experiment import Experiment
from gnas_ray.models.encoders import EncoderSource, encode_texts, find_encoder
from gnas_ray.records.folder import ExperimentFolder
from gnas_ray.training import TrainingTask
from gnas_ray.training.suitability import find_unsuited


def prepare_task(experiment: Experiment, listener: Listener, *, is_new: bool = True) -> TrainingTask:
    """The data split and the texts encoded, each once ever: both are addressed by their content.

    Args:
        experiment: What they are for.
        listener: Hears where it stands.
        is_new: No trial has been trained on these data yet: whether they suit the space is looked at.

    Raises:
        UsageError: The data has problems, or lacks what the space asks of it; all of them.
        GnasRayError: The data or an encoder is not on this machine; the text lists the ways to get it.
    """
    home = find_home()
    listener(PhaseStarted("preparing data", experiment.data.dataset.name))
    data = prepare(experiment.data, home)
    if is_new:
        for remark in remarks(data, experiment.data):
            listener(PhaseStarted("note:", remark))
        check_suits(experiment, data)
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


def check_suits(experiment: Experiment, data: PreparedData) -> None:
    """Raises UsageError where the data lack what the space asks of them: everything that they lack."""
    if unsuited := find_unsuited(experiment.search_space, data):
        raise UsageError(experiment.name, unsuited)


def find_encoders(experiment: Experiment) -> list[EncoderSource]:
    """The encoders that its members may use.

    Raises:
        GnasRayError: One is not on this machine; the text lists the ways to get it.
    """
    return [_find(experiment, name, find_home()) for name in experiment.encoder_names]


def prepare_again(experiment: Experiment, files: ExperimentFolder, listener: Listener) -> TrainingTask:
    """`prepare_task` of the data and encoders that the folder's trials are measured on; the first call keeps which.

    Raises:
        UsageError: A file has changed since, so that what is measured now could not be compared with what was.
        GnasRayError: As `prepare_task`.
    """
    is_new = not files.inputs.is_file()
    task = prepare_task(experiment, listener, is_new=is_new)
    # Both are named after their content.
    found = {"data": Path(task.data_folder).name}
    found |= {f"encoders.{name}": Path(vectors).stem for name, vectors in task.text_vectors.items()}
    if is_new:
        write_whole(files.inputs, json.dumps(found, indent=2) + "\n")
        return task
    kept: dict[str, str] = json.loads(files.inputs.read_text(encoding="utf-8"))
    what = "not the same as when the search began; bring the files back, or start another search"
    if changed := [key for key, content in found.items() if kept.get(key) != content]:
        raise UsageError(str(files.root), [Problem(key, what) for key in changed])
    return task


def _encode(experiment: Experiment, name: str, data: PreparedData, listener: Listener, *, home: Path) -> Path:
    source = _find(experiment, name, home)

    def progress(done: int, total: int) -> None:
        listener(PhaseStarted("encoding item texts", f"with {name}: {done} of {total}"))

    device = "cpu" if _uses_no_gpu(experiment) else None
    return encode_texts(source, data.item_texts.to_pylist(), home, progress=progress, device=device)


def _find(experiment: Experiment, name: str, home: Path) -> EncoderSource:
    options = experiment.encoders.get(name)
    return find_encoder(name, home, options.path if options else None)


def _uses_no_gpu(experiment: Experiment) -> bool:
    return experiment.resources.gpus_per_trial == 0

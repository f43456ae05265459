"""Retraining on real Ray."""

from pathlib import Path

import pytest

from gnas_ray.core import GnasRayError
from gnas_ray.core.events import Event, PhaseStarted
from gnas_ray.driver.retrain import retrain
from gnas_ray.experiment import load_experiment
from tests.driver.small_experiment import searched, write_small_experiment

pytestmark = pytest.mark.ray


def test_an_interrupted_retraining_goes_on_with_the_trainings_that_are_missing(ray_cluster, tmp_path: Path) -> None:
    both_whole = ["scheduler.grace_period=9", "baselines=[]"]
    experiment = load_experiment(write_small_experiment(tmp_path, trials=2), both_whole)
    folder = searched(experiment, tmp_path / "run")
    root, kept = folder.root, folder.retrained
    heard: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, PhaseStarted) and event.phase == "retraining":
            heard.append(event.detail)

    def interrupt_the_second(event: Event) -> None:
        listen(event)
        if len([detail for detail in heard if "1 of 4 trainings" in detail]) == 2:
            raise GnasRayError("interrupted")

    with pytest.raises(GnasRayError, match="interrupted"):
        retrain(root, trial=None, seeds=2, ensemble=2, listener=interrupt_the_second)
    heard.clear()
    before: dict[Path, int] = {}

    def look_at_what_is_there(event: Event) -> None:
        if not heard:  # the worker may have finished the second one meanwhile
            before.update({file: file.stat().st_mtime_ns for file in kept.glob("*.safetensors")})
        listen(event)
        if heard and "4 of 4" in heard[-1]:
            assert {file: file.stat().st_mtime_ns for file in before} == before

    again = retrain(root, trial=None, seeds=2, ensemble=2, listener=look_at_what_is_there)
    assert 1 <= len(before) < 4
    assert heard[-1].endswith("4 of 4 trainings done")
    assert sum(_is_last_epoch(detail) for detail in heard if "trainings" in detail) == 4 - len(before)
    assert not kept.exists()
    whole = retrain(root, trial=None, seeds=2, ensemble=2, listener=lambda event: None)
    assert again == whole
    kept.mkdir()
    of_another = kept / "trial-0009-1.safetensors"
    of_another.touch()
    retrain(root, trial=0, seeds=1, ensemble=1, listener=lambda event: None)
    assert list(kept.iterdir()) == [of_another], "what another retraining has done is not thrown away"


def _is_last_epoch(detail: str) -> bool:
    """Of a detail like ``trial 1: epoch 3 of 9; 2 of 4 trainings done``."""
    words = detail.split(";", maxsplit=1)[0].split()
    return words[-3] == words[-1]

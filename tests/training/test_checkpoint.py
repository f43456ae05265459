from pathlib import Path

import pytest
import torch

from gnas_ray.core import Measurement
from gnas_ray.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from tests.training.checkerboard import LIGHTGCN, trial

SPEC = trial(LIGHTGCN)


def checkpoint(fidelity: int) -> Checkpoint:
    return Checkpoint(SPEC, (Measurement(fidelity, {"ndcg@20": 0.1}),), {"model.x": torch.full((2,), float(fidelity))})


def test_comes_back_as_it_went(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "trial", checkpoint(3))
    found = load_checkpoint(tmp_path / "trial", SPEC)
    assert found is not None and found.fidelity == 3 and found.tensors["model.x"].tolist() == [3.0, 3.0]


def test_folder_without_one_has_none(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path, SPEC) is None
    assert load_checkpoint(tmp_path / "nowhere", SPEC) is None


@pytest.mark.parametrize("name", ["epoch-0003.safetensors", "checkpoint.json"])
@pytest.mark.parametrize("rest", [0, 20])
def test_half_a_checkpoint_as_a_machine_without_power_leaves_it_is_none(tmp_path: Path, name: str, rest: int) -> None:
    save_checkpoint(tmp_path, checkpoint(3))
    file = tmp_path / name
    file.write_bytes(file.read_bytes()[:rest])
    assert load_checkpoint(tmp_path, SPEC) is None


def test_writer_that_dies_leaves_the_checkpoint_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_checkpoint(tmp_path, checkpoint(1))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Path, "replace", die)
        save_checkpoint(tmp_path, checkpoint(2))
    found = load_checkpoint(tmp_path, SPEC)
    assert found is not None and found.fidelity == 1
    save_checkpoint(tmp_path, checkpoint(2))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint.json", "epoch-0002.safetensors"]

"""Two processes train as one does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gnas_ray.core import TrialSpec, Value
from gnas_ray.models.channels import CHANNELS
from gnas_ray.training import SingleRank, TrainingTask, find_ranks, train
from gnas_ray.training.losses import LOSSES
from tests.training.checkerboard import LIGHTGCN, checkerboard_task, trial

WORKER = """
import json, sys
import torch.distributed
from gnas_ray.core import TrialSpec
from gnas_ray.training import TrainingTask, find_ranks, train

rank, folder = int(sys.argv[1]), sys.argv[2]
torch.distributed.init_process_group(
    "gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2
)
order = json.load(open(f"{folder}/order.json"))
for plain in order["specs"]:
    measurements = train(
        TrialSpec.from_dict(plain), TrainingTask.from_dict(order["task"]), ranks=find_ranks()
    )
    print(json.dumps([dict(measurement.metrics) for measurement in measurements]))
torch.distributed.destroy_process_group()
"""


def train_on_two(folder: Path, specs: list[TrialSpec], task: TrainingTask) -> list[list[list[dict[str, float]]]]:
    """Metrics by rank, trial, epoch."""
    order = {"specs": [spec.to_dict() for spec in specs], "task": task.to_dict()}
    (folder / "order.json").write_text(json.dumps(order))
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", WORKER, str(rank), str(folder)], stdout=subprocess.PIPE, text=True
        )
        for rank in range(2)
    ]
    texts = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    return [[json.loads(line) for line in text.splitlines()] for text in texts]


def test_ranks_that_see_different_checkpoints_say_so_and_wait_for_nobody(tmp_path: Path) -> None:
    task, spec = checkerboard_task(tmp_path, max_epochs=4), trial(LIGHTGCN)
    for rank, epochs in enumerate((2, 3)):
        list(train(spec, task, checkpoint_folder=tmp_path / f"rank-{rank}", until=epochs))
    worker = WORKER.replace("ranks=find_ranks()", "ranks=find_ranks(), checkpoint_folder=Path(f'{folder}/rank-{rank}')")
    (tmp_path / "order.json").write_text(json.dumps({"specs": [spec.to_dict()], "task": task.to_dict()}))
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", "from pathlib import Path\n" + worker, str(rank), str(tmp_path)],
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    for rank, process in enumerate(processes):
        said = process.communicate(timeout=120)[1]
        assert f"CheckpointError: rank {rank} finds a checkpoint after {rank + 2} epochs, others another" in said


def test_two_ranks_have_the_numbers_of_one(tmp_path: Path) -> None:
    task = checkerboard_task(tmp_path, max_epochs=4)
    rich: dict[str, Value] = {**LIGHTGCN, "layer.0.operator": "gin", "contrastive": "simgcl"}
    specs = [
        *(trial({**LIGHTGCN, "loss": loss}, num_negatives=8) for loss in LOSSES),
        trial({**LIGHTGCN, "loss": "bpr", "negatives": "mixture"}),
        trial(rich, dropout=0.2, noise=0.1, batch_size=50),
        trial({**LIGHTGCN, "contrastive": "sgl"}, edge_dropout=0.2),
        trial({**LIGHTGCN, "loss": "bpr", "augmentation": "node_dropout", "adversarial": "apr"}),
        *(trial({**LIGHTGCN, "linear_channel": channel}) for channel in CHANNELS),
    ]
    first, second = train_on_two(tmp_path, specs, task)
    assert len(first) == len(specs) > len(LOSSES) + len(CHANNELS)
    for spec, ours, theirs in zip(specs, first, second, strict=True):
        alone = [measurement.metrics for measurement in train(spec, task)]
        for name in ("loss", "ndcg@5"):
            expected = pytest.approx([metrics[name] for metrics in alone], rel=1e-4)
            assert [metrics[name] for metrics in ours] == expected
            assert [metrics[name] for metrics in theirs] == expected


def test_process_without_a_group_is_alone() -> None:
    assert isinstance(find_ranks(), SingleRank)

"""A data set whose right answer is known: even users like even items, odd users odd ones.

User u < 20 has every item of u's parity except item u, which is in valid. Users 20 and 21 have all but items 0 and 1
of theirs, which are in test. So the one item that a user's neighbours have and the user lacks is the held-out one.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from gnas_ray.core import TrialSpec, Value
from gnas_ray.data import DataOptions, PreparedData, prepare
from gnas_ray.training.task import TrainingTask

NUM_ITEMS = 20
NUM_USERS = 22
Pair = tuple[int, int]

LIGHTGCN: dict[str, Value] = {
    "num_layers": 2,
    "layer.0.operator": "lightgcn",
    "layer.1.operator": "lightgcn",
    "readout": "mean",
}


def held_out(user: int) -> int:
    return user % NUM_ITEMS


def train_pairs() -> list[Pair]:
    return [
        (user, item) for user in range(NUM_USERS) for item in range(user % 2, NUM_ITEMS, 2) if item != held_out(user)
    ]


def valid_pairs() -> list[Pair]:
    return [(user, held_out(user)) for user in range(NUM_ITEMS)]


def test_pairs() -> list[Pair]:
    return [(user, held_out(user)) for user in range(NUM_ITEMS, NUM_USERS)]


test_pairs.__test__ = False  # type: ignore[attr-defined]


def prepare_pairs(
    folder: Path,
    *,
    train: Iterable[Pair],
    valid: Iterable[Pair],
    test: Iterable[Pair],
    rating: Callable[[int, int], int] = lambda user, item: 1 + (user + item) % 5,
    unknown_ids: str = "error",
) -> PreparedData:
    """Through the real preparation; items 0..19, all with a text but the last."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, pairs in {"train": train, "valid": valid, "test": test}.items():
        lines = [f"{user},{item},{rating(user, item)}" for user, item in pairs]
        (folder / f"{name}.csv").write_text("\n".join(["user_id,item_id,rating", *lines]))
    texts = [f"{item},{'' if item == NUM_ITEMS - 1 else f'item {item}'}" for item in range(NUM_ITEMS)]
    (folder / "items.csv").write_text("\n".join(["item_id,text", *texts]))
    files = {name: {"path": str(folder / f"{name}.csv")} for name in ("train", "valid", "test", "items")}
    dataset = {"name": "files", "unknown_ids": unknown_ids, **files}
    return prepare(DataOptions.model_validate({"dataset": dataset}), folder / "home")


def prepare_checkerboard(folder: Path) -> PreparedData:
    return prepare_pairs(folder, train=train_pairs(), valid=valid_pairs(), test=test_pairs())


def write_text_vectors(folder: Path) -> Path:
    """Random vectors of width 12 in place of an encoder's: these tests are not about language."""
    path = folder / "vectors.npy"
    np.save(path, np.random.default_rng(0).normal(size=(NUM_ITEMS, 12)).astype(np.float32))
    return path


def checkerboard_task(folder: Path, **changes: object) -> TrainingTask:
    """A task over `prepare_checkerboard`, with text vectors under the encoder's name in the shipped space."""
    task = {
        "data_folder": str(prepare_checkerboard(folder).folder),
        "metrics": ("hit_rate@1", "ndcg@5"),
        "max_epochs": 3,
        "text_vectors": {"all-MiniLM-L6-v2": str(write_text_vectors(folder))},
    }
    return TrainingTask.from_dict({**task, **changes})


def trial(architecture: dict[str, Value], seed: int = 0, **hyperparameters: Value) -> TrialSpec:
    small = {"learning_rate": 0.05, "embedding_size": 8, "batch_size": 64}
    return TrialSpec(0, architecture, {**small, **hyperparameters}, seed)

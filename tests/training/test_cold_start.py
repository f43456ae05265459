"""Items held out whole: what can rank them, and what can't.

Forty items, even and odd; every user likes those of one parity. A text says which an item is. So an item that nobody
has touched goes to the right users exactly when its text is read.
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from gnas_ray.core import Value
from gnas_ray.data import DataOptions, PreparedData, prepare
from gnas_ray.models.baselines import BASELINES
from gnas_ray.training import TrainingTask, train
from gnas_ray.training.baselines import measure_on_test
from gnas_ray.training.trainer import Trainer
from tests.training.checkerboard import LIGHTGCN, prepare_pairs, test_pairs, train_pairs, trial, valid_pairs

NUM_USERS, NUM_ITEMS = 40, 40
METRIC = "recall@8"
"""Eight items are cold in valid and eight in test; of the sixteen, eight are even by this split's seed."""

TEXT: dict[str, Value] = {"item_features": "text", "text_projection": "linear", "loss": "in_batch_softmax"}
IDS: dict[str, Value] = {"item_features": "id", "loss": "in_batch_softmax"}
GNN: dict[str, Value] = {**LIGHTGCN, "text_edges": 0}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> PreparedData:
    folder = tmp_path_factory.mktemp("cold")
    own = [(user, item) for user in range(NUM_USERS) for item in range(user % 2, NUM_ITEMS, 2)]
    pairs = "\n".join(f"{user},{item}" for user, item in own)
    (folder / "pairs.csv").write_text(f"user_id,item_id\n{pairs}\n")
    texts = "\n".join(f"{item},item {item}" for item in range(NUM_ITEMS))
    (folder / "items.csv").write_text(f"item_id,text\n{texts}\n")
    dataset = {"name": "files", "interactions": str(folder / "pairs.csv"), "items": str(folder / "items.csv")}
    split = {"name": "cold_start_items", "ratios": [0.6, 0.2, 0.2]}
    return prepare(DataOptions.model_validate({"dataset": dataset, "split": split}), folder / "home")


@pytest.fixture(scope="module")
def task(data: PreparedData, tmp_path_factory: pytest.TempPathFactory) -> TrainingTask:
    """Text vectors that lie on either side of the origin, with noise."""
    generator = np.random.default_rng(0)
    vectors = generator.normal(scale=0.3, size=(NUM_ITEMS, 6))
    vectors[:, 0] += np.where(data.item_ids.to_numpy() % 2, 1, -1)
    path = tmp_path_factory.mktemp("vectors") / "texts.npy"
    np.save(path, vectors.astype(np.float32))
    return TrainingTask(str(data.folder), (METRIC,), max_epochs=15, text_vectors={"texts": str(path)})


def validated(architecture: dict[str, Value], task: TrainingTask) -> float:
    """What a search would choose by."""
    *_, last = train(trial(architecture), task)
    return last.metrics[METRIC]


def test_the_objective_on_validation_is_about_cold_items_alone(data: PreparedData) -> None:
    train_items, valid_items, test_items = (set(data.part(p).item_index) for p in ("train", "valid", "test"))
    assert len(train_items) == 24 and len(valid_items) == len(test_items) == 8
    assert not train_items & (valid_items | test_items) and not valid_items & test_items


@pytest.mark.parametrize(
    "architecture", [TEXT, {**TEXT, **GNN}, {**IDS, **GNN, "text_edges": 3}], ids=["text", "text and GNN", "text edges"]
)
def test_members_that_read_text_rank_cold_items(task: TrainingTask, architecture: dict[str, Value]) -> None:
    assert validated(architecture, task) > 0.9


@pytest.mark.parametrize("architecture", [IDS, {**IDS, **GNN}], ids=["ids", "ids and GNN"])
def test_members_without_text_are_legal_and_poor(task: TrainingTask, architecture: dict[str, Value]) -> None:
    assert validated(architecture, task) < 0.7


@pytest.mark.parametrize("name", BASELINES)
def test_closed_forms_score_cold_items_zero(data: PreparedData, name: str) -> None:
    score = BASELINES[name].grid()[0].fit(data.csr("train", "valid"))
    scores = score(torch.arange(NUM_USERS))
    assert not scores[:, np.unique(data.test.item_index)].any()
    assert scores.any()


def test_at_the_final_test_all_that_is_relevant_is_cold(data: PreparedData) -> None:
    tested = measure_on_test(BASELINES["popularity"](), data, metrics=[METRIC])
    assert tested == {METRIC: tested[METRIC], f"cold.{METRIC}": tested[METRIC]}


def test_users_with_nothing_to_learn_from_have_the_others_mean(tmp_path: Path) -> None:
    """As by time, where some come only in valid or test: their own vector would be the one they began with."""
    pairs = [pair for pair in train_pairs() if pair[0] not in (3, 4)]
    data = prepare_pairs(tmp_path, train=pairs, valid=valid_pairs(), test=test_pairs(), unknown_ids="keep")
    spec = trial({**LIGHTGCN, "loss": "full_softmax", "linear_channel": "ease"}, channel_weight=0.5)
    trainer = Trainer(spec, TrainingTask(str(data.folder), (METRIC,), max_epochs=1))
    trainer.train_epoch()
    users, items = trainer.vectors()
    new = torch.tensor([user in (3, 4) for user in data.user_ids.to_pylist()])
    assert new.sum() == 2
    width = 8
    torch.testing.assert_close(users[new, :width], users[~new, :width].mean(dim=0).expand(2, -1))
    scores = users @ items.T
    assert torch.equal(scores[new][0], scores[new][1]) and not torch.equal(scores[~new][0], scores[~new][2])

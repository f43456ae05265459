"""Every member of the shipped space builds, trains and gets a score."""

import random
from collections import Counter
from pathlib import Path

import torch

from gnas_ray.core import TrialSpec
from gnas_ray.experiment.loader import load_space
from gnas_ray.models.channels import CHANNELS
from gnas_ray.models.operators import OPERATORS
from gnas_ray.space.building import build_space
from gnas_ray.training.losses import LOSSES
from gnas_ray.training.negatives import NEGATIVES
from gnas_ray.training.trainer import Trainer
from tests.training.checkerboard import NUM_ITEMS, NUM_USERS, checkerboard_task

SPACE = Path(__file__).parents[2] / "search_spaces" / "recsys.yaml"


def test_every_member_builds_trains_and_scores(tmp_path: Path) -> None:
    space = build_space(load_space(SPACE))
    task, generator = checkerboard_task(tmp_path), random.Random(0)
    operators: Counter[object] = Counter()
    channels: Counter[object] = Counter()
    negatives: Counter[object] = Counter()
    torch.set_num_threads(3)
    for number in range(200):
        architecture = space.sample_architecture(generator)
        hyperparameters = space.sample_hyperparameters(architecture, generator)
        trainer = Trainer(TrialSpec(number, architecture, hyperparameters, seed=number), task)
        metrics = trainer.measure(trainer.train_epoch()).metrics
        users, items = trainer.vectors()
        scores = users @ items.T
        assert scores.shape == (NUM_USERS, NUM_ITEMS) and scores.isfinite().all(), architecture
        assert 0 <= metrics["ndcg@5"] <= 1
        for name, parameter in trainer.recommender.named_parameters():
            assert parameter.grad is not None and parameter.grad.isfinite().all(), (name, architecture)
        operators.update(value for name, value in architecture.items() if name.endswith("operator"))
        channels[architecture["linear_channel"]] += 1
        negatives[architecture["loss"], architecture.get("negatives")] += 1
    assert set(operators) == set(OPERATORS)
    assert set(channels) == {"none", *CHANNELS}
    assert {loss for loss, _ in negatives} == set(LOSSES)
    assert {name for loss, name in negatives if loss == "simplex"} == set(NEGATIVES)
    assert torch.get_num_threads() == 1

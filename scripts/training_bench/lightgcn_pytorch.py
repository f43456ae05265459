"""LightGCN-PyTorch, the authors' own code, from a folder with a clone of github.com/gusye1234/LightGCN-PyTorch."""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from gnas_ray.data import Interactions, open_prepared
from training_bench.base import System, Work


class LightGCNPyTorch(System):
    """Its sampler (in Python unless cppimport is installed), its loop and its test, over all users of valid."""

    def __init__(self, work: Work) -> None:
        assert work.source is not None  # the command line has given it
        data = open_prepared(work.data_folder)
        self._num_users, self._num_items = data.num_users, data.num_items
        for name, part in {"train": data.joined(*work.parts), "test": data.valid}.items():
            _write_lists(work.scratch / f"{name}.txt", part)
        sys.path.insert(0, str(work.source / "code"))
        # It parses the command line when it is imported.
        options = {
            "bpr_batch": work.batch_size,
            "recdim": work.embedding_size,
            "layer": work.num_layers,
            "lr": work.learning_rate,
            "topks": "[20]",
            "tensorboard": 0,
        }
        sys.argv = [sys.argv[0], *[f"--{name}={value}" for name, value in options.items()]]
        with contextlib.redirect_stdout(io.StringIO()):
            config = importlib.import_module("world").config
            utils = importlib.import_module("utils")
            utils.set_seed(0)
            self._dataset = importlib.import_module("dataloader").Loader(config, path=str(work.scratch))
            self._model = importlib.import_module("model").LightGCN(config, self._dataset)
            self._loss = utils.BPRLoss(self._model, config)
            self._procedure = importlib.import_module("Procedure")
        self._epoch = 0

    def train_epoch(self) -> None:
        """See `System.train_epoch`."""
        self._procedure.BPR_train_original(self._dataset, self._model, self._loss, self._epoch)
        self._epoch += 1

    def evaluate(self) -> None:
        """See `System.evaluate`."""
        with contextlib.redirect_stdout(io.StringIO()):
            self._procedure.Test(self._dataset, self._model, self._epoch)

    @torch.no_grad()
    def vectors(self) -> tuple[Tensor, Tensor]:
        """See `System.vectors`."""
        users, items = self._model.computer()
        return _padded(users, self._num_users), _padded(items, self._num_items)


def _write_lists(path: Path, part: Interactions) -> None:
    """A line for every user: its index and its items'."""
    items_of: dict[int, list[str]] = {}
    for user, item in zip(part.user_index.tolist(), part.item_index.tolist(), strict=True):
        items_of.setdefault(user, []).append(str(item))
    path.write_text("".join(f"{user} {' '.join(items)}\n" for user, items in items_of.items()))


def _padded(rows: Tensor, length: int) -> Tensor:
    """It doesn't know users and items beyond the last with an interaction."""
    return F.pad(rows, (0, 0, 0, length - len(rows)))

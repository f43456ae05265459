"""RecBole 1.2.1, from its wheel, which is unpacked and never installed."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from scipy.sparse import dok_matrix
from torch import Tensor

from gnas_ray.data import Interactions, open_prepared
from training_bench.base import System, Work

_DATASET = "bench"


class RecBole(System):
    """Its own data loader, sampler, trainer and evaluator."""

    def __init__(self, work: Work) -> None:
        assert work.source is not None  # `recbole_wheel.download` has been there
        _make_importable(work.source)
        os.chdir(work.scratch)  # it writes where it stands
        data = open_prepared(work.data_folder)
        _write_atomic_files(
            work.scratch / _DATASET, {"train": data.joined(*work.parts), "valid": data.valid, "test": data.test}
        )
        config = importlib.import_module("recbole.config").Config("LightGCN", _DATASET, config_dict=_config(work))
        utils, loading = importlib.import_module("recbole.utils"), importlib.import_module("recbole.data")
        utils.init_seed(0, reproducibility=True)
        dataset = loading.create_dataset(config)
        self._train, self._valid, _ = loading.data_preparation(config, dataset)
        self._model = utils.get_model("LightGCN")(config, self._train.dataset)
        self._trainer = utils.get_trainer(config["MODEL_TYPE"], "LightGCN")(config, self._model)
        self._trainer.eval_collector.data_collect(self._train)
        self._user_rows = _rows_of(dataset, "user_id", data.num_users)
        self._item_rows = _rows_of(dataset, "item_id", data.num_items)
        self._epoch = 0

    def train_epoch(self) -> None:
        """See `System.train_epoch`."""
        self._trainer._train_epoch(self._train, self._epoch, show_progress=False)
        self._epoch += 1

    def evaluate(self) -> None:
        """See `System.evaluate`."""
        self._model.restore_user_e = self._model.restore_item_e = None  # what an epoch's first step does
        self._trainer.evaluate(self._valid, load_best_model=False, show_progress=False)

    @torch.no_grad()
    def vectors(self) -> tuple[Tensor, Tensor]:
        """See `System.vectors`."""
        users, items = self._model.forward()
        return users[self._user_rows], items[self._item_rows]


def _config(work: Work) -> dict[str, Any]:
    return {
        "data_path": str(work.scratch),
        "checkpoint_dir": str(work.scratch),
        "benchmark_filename": ["train", "valid", "test"],
        "load_col": {"inter": ["user_id", "item_id"]},
        "embedding_size": work.embedding_size,
        "n_layers": work.num_layers,
        "train_batch_size": work.batch_size,
        "learning_rate": work.learning_rate,
        "metrics": ["NDCG"],
        "topk": [20],
        "valid_metric": "NDCG@20",
        "use_gpu": False,
        "show_progress": False,
    }


def _write_atomic_files(folder: Path, parts: dict[str, Interactions]) -> None:
    folder.mkdir()
    for name, part in parts.items():
        lines = [f"{user}\t{item}" for user, item in zip(part.user_index, part.item_index, strict=True)]
        path = folder / f"{_DATASET}.{name}.inter"
        path.write_text("\n".join(["user_id:token\titem_id:token", *lines, ""]))


def _rows_of(dataset: Any, field: str, count: int) -> Tensor:
    """Where RecBole keeps each of our users or items; one without any interaction has its padding's place."""
    places = dataset.field2token_id[field]
    return torch.tensor([places.get(str(index), 0) for index in range(count)])


def _make_importable(source: Path) -> None:
    """Gives it what it was written for and this Python has no more, or not at all, and what only its logs need."""
    sys.path.insert(0, str(source))
    sys.argv = sys.argv[:1]  # it reads options of its own there
    np.float_, np.complex_, np.unicode_ = np.float64, np.complex128, np.str_  # type: ignore[attr-defined]
    np.float, np.bool = float, np.bool_  # type: ignore[attr-defined, misc]
    dok_matrix._update = lambda matrix, entries: matrix._dict.update(entries)
    _blank("colorama", "init")
    _blank("texttable", "Texttable")
    _blank("torch.utils.tensorboard", "SummaryWriter")


def _blank(module: str, name: str) -> None:
    sys.modules[module] = ModuleType(module)
    setattr(sys.modules[module], name, lambda *args, **kwargs: None)

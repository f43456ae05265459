"""PyTorch Geometric's LightGCN over `edge_index`, in the loop of its own example."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch_geometric.nn import LightGCN

from gnas_ray.data import open_prepared
from gnas_ray.metrics.evaluator import Evaluator
from training_bench.base import METRIC, System, Work


class PyG(System):
    """Uniform negatives and the regularisation of `LightGCN.recommendation_loss`, as in its examples/lightgcn.py.

    PyG has no full-ranking NDCG, so its vectors are evaluated by our evaluator.
    """

    def __init__(self, work: Work) -> None:
        torch.manual_seed(0)
        data = open_prepared(work.data_folder)
        self._num_users, self._num_items = data.num_users, data.num_items
        learned = data.joined(*work.parts)
        self._users = torch.from_numpy(learned.user_index.astype(np.int64))
        self._items = torch.from_numpy(learned.item_index.astype(np.int64)) + self._num_users
        pairs = torch.stack([self._users, self._items])
        self._edge_index = torch.cat([pairs, pairs.flip(0)], dim=1)
        self._model = LightGCN(self._num_users + self._num_items, work.embedding_size, work.num_layers)
        self._optimiser = torch.optim.Adam(self._model.parameters(), lr=work.learning_rate)
        self._evaluator = Evaluator([METRIC], seen=data.csr(*work.parts), relevant=data.csr("valid"))
        self._batch_size = work.batch_size

    def train_epoch(self) -> None:
        """See `System.train_epoch`."""
        for batch in torch.randperm(len(self._users)).split(self._batch_size):  # type: ignore[no-untyped-call]
            users, items = self._users[batch], self._items[batch]
            negatives = torch.randint(self._num_users, self._num_users + self._num_items, (len(batch),))
            pairs = torch.stack([users.repeat(2), torch.cat([items, negatives])])
            self._optimiser.zero_grad()
            positive, negative = self._model(self._edge_index, pairs).chunk(2)
            nodes = torch.unique(pairs)
            loss = self._model.recommendation_loss(positive, negative, node_id=nodes)
            loss.backward()
            self._optimiser.step()

    def evaluate(self) -> None:
        """See `System.evaluate`."""
        self._evaluator.evaluate_vectors(*self.vectors())

    @torch.no_grad()
    def vectors(self) -> tuple[Tensor, Tensor]:
        """See `System.vectors`."""
        x = self._model.get_embedding(self._edge_index)
        return x[: self._num_users], x[self._num_users :]

"""A task's data in this process: opened once, shared by every trial that follows.

What a trial made of them goes with the trial, or its successor's peak memory would not be its own: graphs and prepared
texts are made anew, which takes less than an epoch. Kept are the last channel's vectors, for a trial with the same
channel, and similar items, which take time by the square of their number and less room than an embedding.
"""

import functools
import json
from collections.abc import Callable, Hashable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from scipy.sparse import csr_matrix
from torch import Tensor

from gnas_ray.core import Problem, UsageError, nearest
from gnas_ray.data import Interactions, PreparedData, open_prepared
from gnas_ray.data.prepared import Part
from gnas_ray.metrics.evaluator import Evaluator
from gnas_ray.models.channels import Channel
from gnas_ray.models.channels.late_fusion import standardise
from gnas_ray.models.edges import relative_weights, similar_items
from gnas_ray.models.graph import EDGE_WEIGHTS, Graph, build_graph
from gnas_ray.models.options import RecommenderOptions, choose
from gnas_ray.models.projections import PROJECTIONS
from gnas_ray.models.recommender import RecommenderInputs
from gnas_ray.models.vectors import Vectors
from gnas_ray.training.batches import Positives
from gnas_ray.training.final_test import final_evaluator
from gnas_ray.training.task import TrainingTask
from gnas_ray.training.threads import limited_to

Made = TypeVar("Made")


class TaskInputs:
    """A task's data as training needs them: what does not depend on the trial is made on first use and kept.

    Only the interactions of ``task.fit_on`` reach positives, graphs and channels.
    """

    def __init__(self, task: TrainingTask, device: torch.device) -> None:
        self.data: PreparedData = open_prepared(Path(task.data_folder))
        self.device = device
        self._task = task
        self._fitted_parts: tuple[Part, ...] = ("train", "valid") if task.fit_on == "train+valid" else ("train",)
        self._similar = _Recent(4)
        self._channels = _Recent(1)

    @cached_property
    def positives(self) -> Positives:
        """The interactions to learn, on the device."""
        return Positives(
            torch.from_numpy(self._fitted.user_index.astype(np.int64)).to(self.device),
            torch.from_numpy(self._fitted.item_index.astype(np.int64)).to(self.device),
            self.data.num_users,
            self.data.num_items,
        )

    @cached_property
    def seen(self) -> csr_matrix:
        """Users x items: what the model learns from."""
        return self.data.csr(*self._fitted_parts)

    @cached_property
    def new_users(self) -> Tensor:
        """Indices of users with nothing to learn from, on the device."""
        return torch.from_numpy(np.flatnonzero(np.diff(self.seen.indptr) == 0)).to(self.device)

    @cached_property
    def evaluator(self) -> Evaluator | None:
        """Of the split to be found; None where the task has none. At test train + valid are masked, fitted or not."""
        task = self._task
        if task.evaluate_on is None:
            return None
        if task.evaluate_on == "test":
            return final_evaluator(self.data, task.metrics, byte_budget=task.eval_byte_budget, device=self.device)
        return Evaluator(
            task.metrics,
            seen=self.seen,
            relevant=self.data.csr("valid"),
            byte_budget=task.eval_byte_budget,
            device=self.device,
        )

    def recommender_inputs(self, options: RecommenderOptions, width: int) -> RecommenderInputs:
        """What a recommender of these options is built from, made now."""
        graph = self._graph(options) if options.layers else None
        text = self._prepared_text(options, width) if options.item_features != "id" else None
        return RecommenderInputs(self.data.num_users, self.data.num_items, graph, text)

    def channel_vectors(self, channel: Channel) -> Vectors:
        """The channel's vectors, fitted to `seen`; their scores have standard deviation 1. The keys are on CPU.

        Texts are those of the first encoder, whichever the network reads.

        Raises:
            UsageError: It uses text, and none was encoded.
        """
        return self._channels.get(channel, lambda: self._channel_vectors(channel))

    def forget_other_channels(self, channel: Channel | None) -> None:
        """Drops the vectors of the last channel, unless it is this one."""
        self._channels.forget_others(channel)

    @cached_property
    def _fitted(self) -> Interactions:
        return self.data.joined(*self._fitted_parts)

    def _graph(self, options: RecommenderOptions) -> Graph:
        similar = None
        if options.graph.text_edges:
            key = options.text_encoder, options.graph.text_edges
            similar = self._similar.get(key, lambda: self._similar_items(*key))
        matrix = self._edge_weights(options.graph.edge_weights)
        return build_graph(matrix, options.graph, similar=similar, device=self.device)

    def _similar_items(self, encoder: str, num_neighbours: int) -> csr_matrix:
        return similar_items(self._text(encoder), self._has_text, num_neighbours=num_neighbours)

    def _channel_vectors(self, channel: Channel) -> Vectors:
        text = self._text("") * self._has_text[:, None] if channel.uses_text else None
        with limited_to(self._task.threads):
            users, items, keys = standardise(channel.fit(self.seen, text))
        return Vectors(users.to(self.device), items.to(self.device), keys)

    def _edge_weights(self, kind: str) -> csr_matrix:
        if kind == "none":
            return self.seen
        if kind != "rating":
            hint = nearest(kind, EDGE_WEIGHTS)
            raise UsageError("architecture", [Problem("", f"edge_weights is {kind!r}{hint}")])
        if self._fitted.rating is None:
            problem = Problem("", "edge_weights is 'rating', but the interactions have no ratings; use 'none'")
            raise UsageError("architecture", [problem])
        return relative_weights(self.data.csr(*self._fitted_parts, values="rating"))

    @cached_property
    def _has_text(self) -> Tensor:
        return torch.tensor([bool(text) for text in self.data.item_texts.to_pylist()], dtype=torch.bool)

    def _text(self, encoder: str) -> Tensor:
        """(items, dim) float32 on CPU."""
        paths = self._task.text_vectors
        if not paths:
            raise UsageError("architecture", [Problem("", "item texts are asked for, but none were encoded")])
        name = encoder or next(iter(paths))
        if name not in paths:
            known = nearest(name, paths)
            raise UsageError("architecture", [Problem("", f"no vectors of text_encoder {name!r}{known}")])
        return torch.from_numpy(np.array(np.load(paths[name], mmap_mode="r"), dtype=np.float32))

    def _prepared_text(self, options: RecommenderOptions, width: int) -> Tensor:
        """Items without a text get zeros, which is where the average text is."""
        projection = choose(PROJECTIONS, options.text_projection, "text_projection")
        prepared = projection.prepare(self._text(options.text_encoder)[self._has_text], width)
        rows = torch.zeros(self.data.num_items, prepared.shape[1])
        rows[self._has_text] = prepared
        return rows.to(self.device)


def open_inputs(task: TrainingTask, device: torch.device) -> TaskInputs:
    """The task's inputs, from this process's last few when they are among them."""
    # The encoders' order is part of the key: the first is the one that "" names.
    return _open_inputs(json.dumps(task.to_dict()), str(device))


@functools.lru_cache(maxsize=2)
def _open_inputs(task: str, device: str) -> TaskInputs:
    return TaskInputs(TrainingTask.from_dict(json.loads(task)), torch.device(device))


class _Recent:
    """The last few things made, by key."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._made: dict[Hashable, Any] = {}

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What was made for `key`, made now if it is not among the last few."""
        made: Made = self._made.pop(key) if key in self._made else make()
        self._made[key] = made
        while len(self._made) > self._size:
            del self._made[next(iter(self._made))]
        return made

    def forget_others(self, key: Hashable) -> None:
        """Keeps what was made for `key`, if it is there, and nothing else."""
        self._made = {kept: made for kept, made in self._made.items() if kept == key}

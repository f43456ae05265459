"""Worse data than a search was given, to see how far recommendations depend on good data.

A disturbance is another `TrainingTask`, so the winner is retrained and tested on it as it is on the clean one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gnas_ray.core import derive_seed
from gnas_ray.data import Interactions, PreparedData, open_prepared
from gnas_ray.data.prepared import join
from gnas_ray.data.variant import write_variant
from gnas_ray.training.task import TrainingTask

EDGE_SHARES = (0.05, 0.10, 0.20)
TEXT_SHARE = 0.20


def disturbed_tasks(task: TrainingTask, kinds: Collection[str], folder: Path, *, seed: int) -> dict[str, TrainingTask]:
    """`task` under every disturbance of `kinds`, by name; what differs is written below `folder`.

    ==============  ================================================================================================
    ``edges 5%``    with `with_random_edges` in train; also 10% and 20%
    ``text 20%``    with `with_swapped_texts`; missing where no text was encoded
    ``popularity``  with `with_uniform_popularity` at test
    ==============  ================================================================================================
    """
    data = open_prepared(Path(task.data_folder))
    tasks = {}
    if "edges" in kinds:
        for share in EDGE_SHARES:
            name = f"edges {share:.0%}"
            train = with_random_edges(data, share, _generator(seed, name))
            variant = write_variant(data, folder / name, {"train": train})
            tasks[name] = replace(task, data_folder=str(variant.folder))
    if "text" in kinds and task.text_vectors:
        name = f"text {TEXT_SHARE:.0%}"
        tasks[name] = replace(task, text_vectors=_swapped(task, data, folder / name, _generator(seed, name)))
    if "popularity" in kinds:
        test = with_uniform_popularity(data.test, _generator(seed, "popularity"))
        variant = write_variant(data, folder / "popularity", {"test": test})
        tasks["popularity"] = replace(task, data_folder=str(variant.folder))
    return tasks


def with_random_edges(data: PreparedData, share: float, generator: np.random.Generator) -> Interactions:
    """Train, and interactions that never were: `share` times as many as train and valid have.

    User and item are drawn uniformly among the pairs that no part has, also not test; rating, time and features are
    those of a random interaction. They can't be told from real ones, so they are learned and never recommended.

    Source: SGL's study of noisy interactions (Wu et al. 2021, arXiv:2010.10783).
    """
    real = data.joined("train", "valid", "test")
    taken = real.user_index.astype(np.int64) * data.num_items + real.item_index
    num_free = data.num_users * data.num_items - len(np.unique(taken))
    wanted = min(round(share * (len(data.train) + len(data.valid))), num_free)
    pairs = np.empty(0, np.int64)
    while len(pairs) < wanted:
        drawn = generator.integers(data.num_users * data.num_items, size=2 * wanted)
        pairs = np.setdiff1d(np.concatenate([pairs, drawn]), taken)
    pairs = generator.permutation(pairs)[:wanted]
    like = data.train.take(generator.integers(len(data.train), size=wanted))
    user_index, item_index = np.divmod(pairs, data.num_items)
    noise = replace(like, user_index=user_index.astype(np.int32), item_index=item_index.astype(np.int32))
    return join([data.train, noise])


def with_swapped_texts(
    vectors: NDArray[np.float32], has_text: NDArray[np.bool_], share: float, generator: np.random.Generator
) -> NDArray[np.float32]:
    """`vectors` (items, dim), where a `share` of the items with a text pass theirs on in a circle."""
    items = generator.permutation(np.flatnonzero(has_text))
    items = items[: round(share * len(items))]
    swapped = vectors.copy()
    swapped[items] = vectors[np.roll(items, 1)]
    return swapped


def with_uniform_popularity(test: Interactions, generator: np.random.Generator) -> Interactions:
    """One interaction of every item in `test`, drawn at random: what is popular is no longer a good guess.

    Source: test sets drawn with equal chances for items in place of users' own choices (Bonner & Vasile 2018,
    arXiv:1706.07639; Zheng et al. 2021, arXiv:2006.11011), who keep more than one of the popular.
    """
    order = generator.permutation(len(test))
    _, first = np.unique(test.item_index[order], return_index=True)
    return test.take(order[first])


def _swapped(task: TrainingTask, data: PreparedData, folder: Path, generator: np.random.Generator) -> dict[str, str]:
    """Paths of the swapped vectors; all encoders' are swapped alike."""
    folder.mkdir(parents=True, exist_ok=True)
    has_text = np.array([bool(text) for text in data.item_texts.to_pylist()])
    seed = int(generator.integers(2**32))
    paths: dict[str, str] = {}
    for name, path in task.text_vectors.items():
        swapped = with_swapped_texts(np.load(path), has_text, TEXT_SHARE, np.random.default_rng(seed))
        paths[name] = str(folder / f"{len(paths)}.npy")
        np.save(paths[name], swapped)
    return paths


def _generator(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng(derive_seed(seed, "disturbance", name))

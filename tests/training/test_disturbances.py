from pathlib import Path

import numpy as np
import pytest

from gnas_ray.data import Interactions, PreparedData, open_prepared
from gnas_ray.models.baselines import BASELINES
from gnas_ray.training import Refit, retrain
from gnas_ray.training.baselines import measure_on_test
from gnas_ray.training.disturbances import (
    disturbed_tasks,
    with_random_edges,
    with_swapped_texts,
    with_uniform_popularity,
)
from gnas_ray.training.task import TrainingTask
from tests.training.checkerboard import LIGHTGCN, NUM_ITEMS, checkerboard_task, prepare_pairs, trial
from tests.training.test_bundle import run

ALL = ("edges", "text", "popularity")


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> TrainingTask:
    return checkerboard_task(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def data(task: TrainingTask) -> PreparedData:
    return open_prepared(Path(task.data_folder))


def pairs(part: Interactions) -> set[tuple[int, int]]:
    return set(zip(part.user_index.tolist(), part.item_index.tolist(), strict=True))


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_random_edges_are_as_many_as_asked_and_none_of_them_is_real(data: PreparedData) -> None:
    noisy = with_random_edges(data, 0.2, generator())
    added = pairs(noisy) - pairs(data.train)
    assert len(noisy) - len(data.train) == len(added) == round(0.2 * (len(data.train) + len(data.valid)))
    assert pairs(noisy) >= pairs(data.train)
    assert not added & (pairs(data.valid) | pairs(data.test))
    order = np.lexsort((noisy.item_index, noisy.user_index))
    assert (order == np.arange(len(noisy))).all()
    assert noisy.rating is not None and set(noisy.rating) == {1, 2, 3, 4, 5}


def test_random_edges_fall_everywhere_alike(data: PreparedData) -> None:
    """Half of the pairs are of equal parity and nearly all real, so what is left to draw is the other half."""
    added = [pairs(with_random_edges(data, 0.2, generator(seed))) - pairs(data.train) for seed in range(40)]
    counts = np.bincount([item for drawn in added for _, item in drawn], minlength=NUM_ITEMS)
    expected = counts.sum() / NUM_ITEMS
    assert np.abs(counts - expected).max() < 4 * expected**0.5


def test_no_more_edges_are_added_than_there_are_pairs(data: PreparedData) -> None:
    full = with_random_edges(data, 100.0, generator())
    assert len(full) == data.num_users * data.num_items - len(data.valid) - len(data.test)


def test_texts_are_swapped_among_a_share_of_the_items_that_have_one() -> None:
    vectors = np.arange(20, dtype=np.float32)[:, None]
    has_text = np.arange(20) < 10
    swapped = with_swapped_texts(vectors, has_text, 0.5, generator())
    moved = (swapped != vectors).ravel()
    assert moved.sum() == 5 and not moved[10:].any()
    assert sorted(swapped.ravel()) == sorted(vectors.ravel())


def test_every_tested_item_is_tested_once_and_which_is_drawn_by_chance() -> None:
    """Items 0, 1, 2 have 5, 2, 1 test interactions."""
    items = np.repeat([0, 1, 2], [5, 2, 1]).astype(np.int32)
    test = Interactions(np.arange(8, dtype=np.int32), items, None, None, {})
    kept = [with_uniform_popularity(test, generator(seed)) for seed in range(500)]
    assert all(part.item_index.tolist() == [0, 1, 2] for part in kept)
    times = np.bincount([part.user_index[0] for part in kept], minlength=5)
    assert np.abs(times - 100).max() < 45  # five standard deviations


def test_a_disturbed_task_differs_in_what_is_disturbed_alone(
    task: TrainingTask, data: PreparedData, tmp_path: Path
) -> None:
    tasks = disturbed_tasks(task, ALL, tmp_path, seed=0)
    assert list(tasks) == ["edges 5%", "edges 10%", "edges 20%", "text 20%", "popularity"]
    of = {name: open_prepared(Path(disturbed.data_folder)) for name, disturbed in tasks.items()}
    sizes = [len(of[f"edges {share}%"].train) - len(data.train) for share in (5, 10, 20)]
    assert sizes == [round(share * (len(data.train) + len(data.valid))) for share in (0.05, 0.1, 0.2)]
    for name in ("edges 5%", "popularity"):
        assert pairs(of[name].valid) == pairs(data.valid) and of[name].items.equals(data.items)
        assert tasks[name].text_vectors == task.text_vectors
    assert pairs(of["edges 20%"].test) == pairs(data.test)
    assert pairs(of["popularity"].train) == pairs(data.train)
    assert tasks["text 20%"].data_folder == task.data_folder
    again = disturbed_tasks(task, ["edges"], tmp_path / "again", seed=0)["edges 5%"]
    assert pairs(open_prepared(Path(again.data_folder)).train) == pairs(of["edges 5%"].train)


def test_without_encoded_texts_there_is_none_to_disturb(tmp_path: Path) -> None:
    bare = checkerboard_task(tmp_path, text_vectors={})
    assert list(disturbed_tasks(bare, ["text"], tmp_path / "disturbed", seed=0)) == []


def test_noise_is_learned_and_never_recommended(task: TrainingTask, data: PreparedData, tmp_path: Path) -> None:
    noisy = disturbed_tasks(task, ["edges"], tmp_path, seed=0)["edges 20%"]
    spec = trial({**LIGHTGCN, "loss": "full_softmax"}, seed=5)
    _, fitted = run(retrain([Refit(spec, 30)], noisy))
    seen = open_prepared(Path(noisy.data_folder)).csr("train", "valid")
    assert seen.nnz > data.csr("train", "valid").nnz
    scores = np.where(seen.toarray() > 0, -np.inf, fitted.user_vectors @ fitted.item_vectors.T)
    assert fitted.metrics["hit_rate@1"] == (scores[20:].argmax(1) == [0, 1]).mean()


def test_popularity_is_no_better_a_guess_where_every_item_is_tested_once(tmp_path: Path) -> None:
    """Item 0 is everybody's: first in every list, a hit for one user of six instead of five."""
    train = [(user, 0) for user in range(6, 12)] + [(user, 19) for user in range(6)]
    test = [(user, 0) for user in range(5)] + [(5, 1)]
    data = prepare_pairs(tmp_path, train=train, valid=[(11, 2)], test=test)
    task = checkerboard_task(tmp_path / "task", data_folder=str(data.folder), metrics=("hit_rate@1",))
    shifted = disturbed_tasks(task, ["popularity"], tmp_path / "disturbed", seed=0)["popularity"]
    popularity = BASELINES["popularity"]()
    assert measure_on_test(popularity, data, metrics=["hit_rate@1"])["hit_rate@1"] == 5 / 6
    of_shifted = measure_on_test(popularity, open_prepared(Path(shifted.data_folder)), metrics=["hit_rate@1"])
    assert of_shifted["hit_rate@1"] == 1 / 2

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix
from torch import Tensor

from gnas_ray.models.channels.ease import EaseChannel
from gnas_ray.models.edges import similar_items
from gnas_ray.models.graph import GraphOptions
from gnas_ray.models.options import LayerOptions, RecommenderOptions
from gnas_ray.training.inputs import TaskInputs, open_inputs
from gnas_ray.training.task import TrainingTask
from tests.training.checkerboard import NUM_ITEMS, checkerboard_task, prepare_pairs

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> TrainingTask:
    return checkerboard_task(tmp_path_factory.mktemp("data"))


def with_graph(**graph: object) -> RecommenderOptions:
    return RecommenderOptions(layers=(LayerOptions(),), graph=GraphOptions(**graph))  # type: ignore[arg-type]


def test_equal_tasks_share_their_inputs(task: TrainingTask) -> None:
    same = TrainingTask.from_dict(task.to_dict())
    assert open_inputs(task, CPU) is open_inputs(same, CPU)


def test_equal_graph_options_give_equal_graphs_others_do_not(task: TrainingTask) -> None:
    inputs = TaskInputs(task, CPU)

    def edges(options: RecommenderOptions) -> Tensor:
        graph = inputs.recommender_inputs(options, 8).graph
        assert graph is not None
        return torch.cat([graph.edge_index, graph.edge_weight.unsqueeze(0)])

    plain = edges(with_graph())
    for other in (with_graph(neighbour_cap=2), with_graph(text_edges=3), with_graph(edge_weights="rating")):
        assert torch.equal(edges(other), edges(other))
        assert not torch.equal(edges(other), plain)


def test_similar_items_are_looked_for_once(task: TrainingTask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counted(text: Tensor, has_text: Tensor, *, num_neighbours: int) -> csr_matrix:
        asked.append(num_neighbours)
        return similar_items(text, has_text, num_neighbours=num_neighbours)

    monkeypatch.setattr("gnas_ray.training.inputs.similar_items", counted)
    inputs = TaskInputs(task, CPU)
    for options in (with_graph(text_edges=3), with_graph(text_edges=3, neighbour_cap=2), with_graph(text_edges=2)):
        inputs.recommender_inputs(options, 8)
    assert asked == [3, 2]


def test_graph_holds_the_fitted_interactions_twice(task: TrainingTask) -> None:
    inputs = TaskInputs(task, CPU)
    graph = inputs.recommender_inputs(with_graph(), 8).graph
    assert graph is not None and graph.num_edges == 2 * len(inputs.data.train)


def test_rated_edges_weigh_their_rating_over_the_mean(task: TrainingTask) -> None:
    inputs = TaskInputs(task, CPU)
    graph = inputs.recommender_inputs(with_graph(edge_weights="rating"), 8).graph
    assert graph is not None and inputs.data.train.rating is not None
    expected = inputs.data.train.rating / inputs.data.train.rating.mean()
    torch.testing.assert_close(graph.edge_weight[: len(expected)], torch.from_numpy(expected))


@pytest.mark.parametrize("projection", ["none", "linear", "mlp"])
def test_item_without_text_stands_at_the_origin(task: TrainingTask, projection: str) -> None:
    options = RecommenderOptions(item_features="text", text_projection=projection)
    text = TaskInputs(task, CPU).recommender_inputs(options, 8).text
    assert text is not None and len(text) == NUM_ITEMS
    assert (text.abs().sum(dim=1) == 0).nonzero().flatten().tolist() == [NUM_ITEMS - 1]


def test_without_layers_there_is_no_graph_and_without_text_no_text(task: TrainingTask) -> None:
    inputs = TaskInputs(task, CPU).recommender_inputs(RecommenderOptions(), 8)
    assert inputs.graph is None and inputs.text is None


def test_equal_channels_share_their_vectors(task: TrainingTask) -> None:
    inputs = TaskInputs(task, CPU)
    vectors = inputs.channel_vectors(EaseChannel(100.0))
    assert inputs.channel_vectors(EaseChannel(100.0)) is vectors
    assert inputs.channel_vectors(EaseChannel(200.0)) is not vectors


def test_vectors_of_the_last_channel_are_kept_and_of_no_other(task: TrainingTask) -> None:
    inputs = TaskInputs(task, CPU)
    vectors = inputs.channel_vectors(EaseChannel(100.0))
    inputs.forget_other_channels(EaseChannel(100.0))
    assert inputs.channel_vectors(EaseChannel(100.0)) is vectors
    inputs.forget_other_channels(None)
    again = inputs.channel_vectors(EaseChannel(100.0))
    assert again is not vectors
    inputs.channel_vectors(EaseChannel(200.0))
    assert inputs.channel_vectors(EaseChannel(100.0)) is not again


def test_first_text_encoder_is_the_first_that_the_task_names(task: TrainingTask, tmp_path: Path) -> None:
    (vectors,) = task.text_vectors.values()
    np.save(tmp_path / "other.npy", np.load(vectors)[::-1])
    two = {"zeta": vectors, "alpha": str(tmp_path / "other.npy")}

    def first(text_vectors: dict[str, str]) -> Tensor:
        inputs = open_inputs(replace(task, text_vectors=text_vectors), CPU)
        text = inputs.recommender_inputs(RecommenderOptions(item_features="text"), 8).text
        assert text is not None
        return text

    assert torch.equal(first(two), first({"zeta": vectors}))
    assert torch.equal(first(dict(reversed(two.items()))), first({"alpha": two["alpha"]}))
    assert not torch.equal(first({"zeta": vectors}), first({"alpha": two["alpha"]}))


def test_fitting_on_train_and_valid_learns_both(task: TrainingTask) -> None:
    wider = TrainingTask.from_dict({**task.to_dict(), "fit_on": "train+valid", "evaluate_on": "test"})
    inputs = TaskInputs(wider, CPU)
    assert len(inputs.positives) == len(inputs.data.train) + len(inputs.data.valid)
    assert inputs.seen.nnz == len(inputs.positives)
    assert torch.equal(inputs.positives.user_index, inputs.positives.user_index.sort().values)


def test_test_masks_validation_items_even_when_they_were_not_learned(tmp_path: Path) -> None:
    data = prepare_pairs(tmp_path, train=[(0, 0), (1, 1)], valid=[(0, 1)], test=[(0, 2)])
    task = checkerboard_task(tmp_path, data_folder=str(data.folder), evaluate_on="test", metrics=("hit_rate@1",))
    inputs = TaskInputs(task, CPU)
    assert inputs.evaluator is not None
    scores = torch.arange(NUM_ITEMS, 0, -1).float()  # item 0, item 1, item 2, ...
    measured = inputs.evaluator.evaluate_vectors(torch.ones(2, 1), scores.unsqueeze(1))
    assert measured == {"hit_rate@1": 1.0, "cold.hit_rate@1": 1.0}


def test_task_that_evaluates_what_it_learned_is_refused(task: TrainingTask) -> None:
    with pytest.raises(ValueError, match=r"train\+valid"):
        TrainingTask.from_dict({**task.to_dict(), "fit_on": "train+valid"})

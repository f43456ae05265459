"""What every augmentation promises, and what each does to the data."""

import numpy as np
import pytest
import torch

from gnas_ray.core import UsageError
from gnas_ray.models.options import LayerOptions, RecommenderOptions
from gnas_ray.models.projections import PROJECTIONS
from gnas_ray.models.recommender import Recommender, RecommenderInputs, build_recommender
from gnas_ray.models.view import PLAIN
from gnas_ray.training.augmentations import AUGMENTATIONS, Augmentation, build_augmentation
from tests.models.graphs import small_graph


def recommender(text_projection: str = "linear") -> Recommender:
    options = RecommenderOptions(
        item_features="both",
        text_encoder="any",
        text_projection=text_projection,
        fusion="concat",
        layers=(LayerOptions("lightgcn"),) * 2,
    )
    text = torch.nn.functional.one_hot(torch.arange(7), 16).float()
    inputs = RecommenderInputs(9, 7, graph=small_graph(), text=text)
    return build_recommender(options, inputs, width=16, dropout=0.0, seed=0)


def build(name: str, model: Recommender, strength: float = 0.3) -> Augmentation:
    augmentation = build_augmentation(name, strength, model)
    assert augmentation is not None
    return augmentation


def users_after(augmentation: Augmentation, model: Recommender, *, epoch: int) -> torch.Tensor:
    augmentation.start_epoch(epoch)
    torch.manual_seed(epoch)
    users: torch.Tensor = model(augmentation.view())[0]
    return users


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_disturbs_differently_each_epoch_and_equally_from_a_seed(name: str) -> None:
    model = recommender()
    augmentation = build(name, model)
    first = users_after(augmentation, model, epoch=1)
    assert not torch.allclose(first, model(PLAIN)[0])
    assert not torch.allclose(first, users_after(augmentation, model, epoch=2))
    assert torch.equal(first, users_after(augmentation, model, epoch=1))
    first.sum().backward()
    assert model.user_embedding.grad is not None


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_no_strength_no_disturbance(name: str) -> None:
    model = recommender()
    assert torch.allclose(users_after(build(name, model, 0.0), model, epoch=1), model(PLAIN)[0])


def test_masked_dimensions_are_the_same_for_all_nodes() -> None:
    model = recommender()
    mask = build("feature_masking", model, 0.5).view().mask
    assert mask is not None
    assert set(mask.tolist()) == {0.0, 2.0}
    assert torch.equal(model.layer_outputs(build("feature_masking", model, 0.0).view())[0], model.layer_outputs()[0])


@pytest.mark.parametrize("projection", PROJECTIONS)
def test_a_masked_item_is_one_without_a_text_and_others_are_whole(projection: str) -> None:
    model = recommender(projection)
    torch.manual_seed(3)
    view = build("text_masking", model, 0.5).view()
    assert view.text_kept is not None
    kept = view.text_kept.squeeze(1)
    assert set(kept.tolist()) == {False, True}
    text = model.item_features.text
    for parameter in text.parameters():
        torch.nn.init.normal_(parameter)  # a bias starts at zero
    seen, whole = text(view), text()
    text.text[~kept] = 0  # as an item without a text is prepared
    assert torch.equal(seen[kept], whole[kept])
    torch.testing.assert_close(seen, text())


def test_noise_on_texts_has_the_strength_for_its_deviation() -> None:
    model = recommender()
    torch.manual_seed(0)
    drawn = [build("text_noise", model, 0.3).view().text_factor for _ in range(100)]
    factors = torch.stack([factor for factor in drawn if factor is not None])
    assert factors.shape == (100, 7, 16)
    # 11,200 draws: the standard errors are .003 and .002.
    assert factors.mean().item() == pytest.approx(1, abs=0.012)
    assert factors.std().item() == pytest.approx(0.3, abs=0.008)


@pytest.mark.parametrize("name", ["text_masking", "text_noise"])
def test_without_texts_there_is_none_to_disturb(name: str) -> None:
    options = RecommenderOptions(layers=(LayerOptions("lightgcn"),))
    model = build_recommender(options, RecommenderInputs(9, 7, graph=small_graph()), width=16, dropout=0.0, seed=0)
    assert torch.equal(users_after(build(name, model), model, epoch=1), model(PLAIN)[0])


def test_a_dropped_node_has_no_edges_and_others_keep_theirs() -> None:
    graph = small_graph()
    fewer = graph.without_nodes(0.4, np.random.default_rng(0))
    kept = np.random.default_rng(0).random(graph.num_nodes) >= 0.4
    assert 0 < kept.sum() < graph.num_nodes
    expected = graph.adjacency.rows.to_dense() * torch.from_numpy(np.outer(kept, kept))
    assert torch.equal(fewer.adjacency.rows.to_dense(), expected)
    assert fewer.num_edges == int((expected != 0).sum())


def test_unknown_augmentation_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'edge_dropout'"):
        build_augmentation("edge_drop", 0.1, recommender())
    assert build_augmentation("none", 0.1, recommender()) is None

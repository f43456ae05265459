import pytest
import torch

from gnas_ray.core import UsageError
from gnas_ray.models.attention import _Attend
from gnas_ray.models.fusions import FUSIONS
from gnas_ray.models.graph import GraphOptions
from gnas_ray.models.operators import OPERATORS
from gnas_ray.models.options import LayerOptions, RecommenderOptions
from gnas_ray.models.projections import PROJECTIONS
from gnas_ray.models.propagation import _Propagate
from gnas_ray.models.readouts import READOUTS
from gnas_ray.models.recommender import Recommender, RecommenderInputs, build_recommender
from gnas_ray.models.view import View
from tests.models.autocast import cast_as_on_a_gpu
from tests.models.graphs import small_graph

LAYER = LayerOptions()


def build(options: RecommenderOptions, *, seed: int = 0, dropout: float = 0.0, width: int = 4) -> Recommender:
    inputs = RecommenderInputs(9, 7, graph=small_graph(), text=torch.randn(7, 6))
    return build_recommender(options, inputs, width=width, dropout=dropout, seed=seed)


def test_options_are_read_from_decisions() -> None:
    options = RecommenderOptions.from_architecture(
        {
            "item_features": "both",
            "fusion": "gate",
            "num_layers": 2,
            "layer.0.operator": "gat",
            "layer.0.activation": "elu",
            "layer.1.operator": "gin",
            "layer.1.residual": True,
            "readout": "last",
            "neighbour_cap": 20,
            "loss": "bpr",
        }
    )
    assert options == RecommenderOptions(
        item_features="both",
        fusion="gate",
        layers=(LayerOptions("gat", "elu", False), LayerOptions("gin", "none", True)),
        readout="last",
        graph=GraphOptions(neighbour_cap=20),
    )


def test_matrix_factorisation_is_two_tables() -> None:
    recommender = build(RecommenderOptions())
    users, items = recommender()
    assert torch.equal(users, recommender.user_embedding)
    assert torch.equal(items, recommender.item_features.embedding)


def test_lightgcn_is_the_mean_of_powers_of_the_normalised_adjacency() -> None:
    recommender = build(RecommenderOptions(layers=(LAYER, LAYER)))
    x = torch.cat([recommender.user_embedding, recommender.item_features.embedding])
    matrix = small_graph().normalised.rows.to_dense()
    expected = (x + matrix @ x + matrix @ matrix @ x) / 3
    torch.testing.assert_close(torch.cat(recommender()), expected)


def test_residual_and_activation_apply_after_the_operator() -> None:
    recommender = build(RecommenderOptions(layers=(LayerOptions("lightgcn", "tanh", True),), readout="last"))
    x = torch.cat([recommender.user_embedding, recommender.item_features.embedding])
    matrix = small_graph().normalised.rows.to_dense()
    torch.testing.assert_close(torch.cat(recommender()), x + torch.tanh(matrix @ x))


def test_initial_parameters_follow_the_seed_and_leave_the_global_generator() -> None:
    options = RecommenderOptions(layers=(LayerOptions("gat"),))
    inputs = RecommenderInputs(9, 7, graph=small_graph())
    before = torch.get_rng_state()
    first, same, other = (build_recommender(options, inputs, width=4, dropout=0.0, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(first.user_embedding, same.user_embedding)
    assert not torch.equal(first.user_embedding, other.user_embedding)


def test_dropout_applies_while_training_only() -> None:
    recommender = build(RecommenderOptions(), dropout=0.5, width=64)
    dropped = (recommender.train()()[0] == 0).float().mean()
    assert 0.4 < dropped < 0.6
    assert (recommender.eval()()[0] == 0).sum() == 0


def test_noise_has_the_asked_length_and_each_entrys_sign() -> None:
    recommender = build(RecommenderOptions(layers=(LAYER,), readout="last"))
    clean, noisy = torch.cat(recommender()), torch.cat(recommender(View(noise=0.2)))
    added = noisy - clean
    heard = clean.abs().sum(dim=1) > 0  # the noise of a zero vector has sign 0
    torch.testing.assert_close(added[heard].norm(dim=1), torch.full((int(heard.sum()),), 0.2))
    assert (added * clean >= 0).all()


def test_text_is_not_part_of_the_weights() -> None:
    assert not any("text.text" in name for name in build(RecommenderOptions(item_features="both")).state_dict())


def test_unknown_operator_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'graphsage'"):
        build(RecommenderOptions(layers=(LayerOptions("graphsag"),)))


def test_layers_without_a_graph_are_refused() -> None:
    with pytest.raises(ValueError, match="need a graph"):
        build_recommender(RecommenderOptions(layers=(LAYER,)), RecommenderInputs(9, 7), width=4, dropout=0.0, seed=0)


@pytest.mark.parametrize(
    "options",
    [
        *(RecommenderOptions(layers=(LayerOptions(operator, "elu", True), LAYER)) for operator in OPERATORS),
        *(RecommenderOptions(layers=(LayerOptions("graphsage"), LAYER), readout=readout) for readout in READOUTS),
        *(RecommenderOptions(layers=(LayerOptions(operator),), readout="last") for operator in OPERATORS),
        *(RecommenderOptions(item_features="both", fusion=fusion) for fusion in FUSIONS),
        *(RecommenderOptions(item_features="both", text_projection=p, fusion="gate") for p in PROJECTIONS),
    ],
    ids=str,
)
def test_under_autocast_the_vectors_are_almost_the_same(
    options: RecommenderOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast_as_on_a_gpu(monkeypatch, _Propagate, _Attend)
    recommender = build(options, width=6)  # the text's, as if it were prepared
    exact = torch.cat(recommender())
    with torch.autocast("cpu", torch.bfloat16):
        found = torch.cat(recommender())
    assert found.dtype == torch.float32, "losses and evaluation want it"
    found.square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in recommender.parameters())
    assert (found - exact).norm() < 0.05 * exact.norm()  # bfloat16 has 8 bits of precision

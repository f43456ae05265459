"""Contrastive terms: equal to plain versions, the same from the same seed, shared out over ranks."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from gnas_ray.core import UsageError
from gnas_ray.models.options import LayerOptions, RecommenderOptions
from gnas_ray.models.recommender import Recommender, RecommenderInputs, build_recommender
from gnas_ray.models.view import PLAIN, View
from gnas_ray.training.batches import Batch
from gnas_ray.training.contrasts import CONTRASTS, Contrast, build_contrast
from gnas_ray.training.contrasts.base import agreement
from gnas_ray.training.options import LossOptions
from gnas_ray.training.ranks import Ranks, SingleRank
from tests.models.graphs import small_graph

ALL = slice(None)


class OneOf(Ranks):
    """A rank of two that is asked alone."""

    count = 2

    def __init__(self, rank: int) -> None:
        self.rank = rank

    def sum(self, tensors: object) -> None:
        raise AssertionError("a term needs no exchange")


def recommender(num_layers: int = 2, readout: str = "concat", operator: str = "lightgcn") -> Recommender:
    options = RecommenderOptions(layers=(LayerOptions(operator),) * num_layers, readout=readout)
    return build_recommender(options, RecommenderInputs(9, 7, graph=small_graph()), width=4, dropout=0.0, seed=0)


def batch(mine: slice = ALL) -> Batch:
    return Batch(torch.tensor([0, 3, 3, 1]), torch.tensor([2, 2, 5, 6]), mine)


def build(name: str, model: Recommender) -> Contrast:
    contrast = build_contrast(LossOptions(contrastive=name, noise=0.1, edge_dropout=0.3), model)
    assert contrast is not None
    contrast.start_epoch(5)
    return contrast


def seeded(contrast: Contrast, ranks: Ranks | None = None) -> tuple[tuple[Tensor, Tensor], Tensor]:
    torch.manual_seed(3)
    return contrast(PLAIN, batch(), ranks or SingleRank())


def plain_info_nce(first: Tensor, second: Tensor, nodes: list[int]) -> float:
    """-log of a node's share, averaged over the nodes."""
    total = 0.0
    for node in nodes:
        to = [math.exp(float(F.cosine_similarity(first[node], second[other], dim=0)) / 0.2) for other in nodes]
        total -= math.log(to[nodes.index(node)] / sum(to))
    return total / len(nodes)


@pytest.mark.usefixtures("distinct")
def test_agreement_is_info_nce_of_the_batch_s_nodes() -> None:
    torch.manual_seed(0)
    first, second = [(torch.randn(9, 4), torch.randn(7, 4)) for _ in range(2)]
    expected = plain_info_nce(first[0], second[0], [0, 1, 3]) + plain_info_nce(first[1], second[1], [2, 5, 6])
    assert agreement(first, second, batch(), SingleRank()).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", CONTRASTS)
def test_the_term_pulls_on_the_parameters_and_repeats_from_its_seed(name: str) -> None:
    model = recommender()
    contrast = build(name, model)
    (users, items), term = seeded(contrast)
    assert users.shape == (9, 12) and items.shape == (7, 12)
    term.backward()
    assert model.user_embedding.grad is not None and model.user_embedding.grad.abs().sum() > 0
    (again, _), same = seeded(contrast)
    assert torch.equal(again, users) and same.item() == term.item()


@pytest.mark.parametrize("name", CONTRASTS)
@pytest.mark.parametrize("num_layers", [1, 3])
def test_views_differ(name: str, num_layers: int) -> None:
    """Views that agreed with themselves alone would leave each node its own nearest: the least term there is."""
    model = recommender(num_layers)
    least = agreement(model(), model(), batch(), SingleRank())
    _, term = seeded(build(name, model))
    assert abs(term.item() - least.item()) > 1e-4


@pytest.mark.usefixtures("distinct")
@pytest.mark.parametrize("name", CONTRASTS)
def test_two_ranks_have_one_term_between_them(name: str) -> None:
    contrast = build(name, recommender())
    shares = [seeded(contrast, OneOf(rank))[1].item() for rank in (0, 1)]
    assert sum(shares) == pytest.approx(seeded(contrast)[1].item(), rel=1e-5)


def test_plain_vectors_reach_the_loss_unless_the_pass_is_shared() -> None:
    model = recommender()
    plain = model()[0]
    for name in ("simgcl", "sgl"):
        assert torch.equal(seeded(build(name, model))[0][0], plain)
    assert not torch.equal(seeded(build("xsimgcl", model))[0][0], plain)


@pytest.mark.parametrize("name", ["simgcl", "sgl"])
def test_views_leave_the_statistics_to_rank_by(name: str) -> None:
    model, untouched = recommender(operator="gin"), recommender(operator="gin")
    seeded(build(name, model))
    untouched()
    expected = {key: value.clone() for key, value in untouched.state_dict().items() if "running" in key}
    assert len(expected) == 4
    found = model.state_dict()
    torch.testing.assert_close({key: found[key] for key in expected}, expected, rtol=0, atol=0)
    model()  # hears again
    assert not any(torch.equal(found[key], expected[key]) for key in expected)


def test_noise_of_the_view_comes_on_top_of_the_term_s() -> None:
    model = recommender()
    plain = model()[0].detach()
    torch.manual_seed(3)
    alone = build("xsimgcl", model)(PLAIN, batch(), SingleRank())[0][0].detach() - plain
    torch.manual_seed(3)
    both = build("xsimgcl", model)(View(noise=0.1), batch(), SingleRank())[0][0].detach() - plain
    assert both.norm() > 1.5 * alone.norm()


def test_sgl_draws_its_graphs_by_epoch() -> None:
    contrast = build("sgl", recommender())
    first = seeded(contrast)[1].item()
    contrast.start_epoch(6)
    assert seeded(contrast)[1].item() != first


def test_unknown_term_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'simgcl'"):
        build_contrast(LossOptions(contrastive="simgl"), recommender())
    assert build_contrast(LossOptions(), recommender()) is None

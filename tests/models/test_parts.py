"""Projections, fusions, readouts: conformance of all, and what each is by hand."""

import pytest
import torch

from gnas_ray.models.fusions import FUSIONS
from gnas_ray.models.projections import PROJECTIONS, principal_components, standardise
from gnas_ray.models.readouts import READOUTS

WIDTH = 3


@pytest.mark.parametrize("name", PROJECTIONS)
def test_projection_gives_the_width_at_embedding_size_scale(name: str) -> None:
    torch.manual_seed(0)
    text = 5 + torch.randn(400, 20)
    projection = PROJECTIONS[name](20, WIDTH)
    projected = projection(projection.prepare(text, WIDTH))
    assert projected.shape == (400, WIDTH)
    assert 0.05 < projected.std() < 0.2
    projected.sum().backward()
    assert all(parameter.grad is not None for parameter in projection.parameters())


def test_frozen_projection_learns_its_scale_only() -> None:
    assert [p.numel() for p in PROJECTIONS["none"](20, WIDTH).parameters()] == [1]


def test_standardised_text_is_centred_with_unit_length_on_average() -> None:
    text = standardise(torch.tensor([[1.0, 5.0], [5.0, 5.0]]))
    # centred: [-2, 0], [2, 0]; mean squared length 4
    torch.testing.assert_close(text, torch.tensor([[-1.0, 0.0], [1.0, 0.0]]))


def test_principal_components_are_the_directions_of_largest_variance() -> None:
    generator = torch.Generator().manual_seed(0)
    text = torch.randn(500, 4, generator=generator) * torch.tensor([0.1, 3.0, 1.0, 0.2])
    found = principal_components(text, 2)
    centred = text - text.mean(dim=0)
    for component, column in ((0, 1), (1, 2)):
        correlation = torch.corrcoef(torch.stack([found[:, component], centred[:, column]]))[0, 1]
        assert correlation > 0.99


def test_principal_components_are_padded_where_the_text_is_narrower() -> None:
    found = principal_components(torch.randn(10, 2), 5)
    assert found.shape == (10, 5) and (found[:, 2:] == 0).all() and (found[:, :2] != 0).all()


@pytest.mark.parametrize("name", FUSIONS)
def test_fusion_uses_both_sources(name: str) -> None:
    torch.manual_seed(0)
    identity = torch.randn(6, WIDTH, requires_grad=True)
    text = torch.randn(6, WIDTH, requires_grad=True)
    fused = FUSIONS[name](WIDTH)(identity, text)
    fused.sum().backward()
    assert fused.shape == (6, WIDTH)
    assert identity.grad is not None and identity.grad.abs().sum() > 0
    assert text.grad is not None and text.grad.abs().sum() > 0


@pytest.mark.parametrize("name", FUSIONS)
def test_fusion_takes_a_text_in_bfloat16(name: str) -> None:
    """As a linear map under autocast gives it."""
    torch.manual_seed(0)
    fusion = FUSIONS[name](WIDTH)
    identity, text = torch.randn(6, WIDTH, requires_grad=True), torch.randn(6, WIDTH)
    exact = fusion(identity, text)
    with torch.autocast("cpu", torch.bfloat16):
        fused = fusion(identity, text.bfloat16())
    fused.sum().backward()
    assert identity.grad is not None and identity.grad.isfinite().all()
    torch.testing.assert_close(fused.float(), exact, rtol=0.02, atol=0.02)  # bfloat16 has 8 bits of precision


def test_sum_fusion_adds() -> None:
    assert FUSIONS["sum"](1)(torch.tensor([[1.0]]), torch.tensor([[2.0]])).item() == 3.0


@pytest.mark.parametrize("name", ["gate", "attention"])
def test_weighing_fusion_of_equal_sources_is_the_source(name: str) -> None:
    x = torch.randn(6, WIDTH)
    torch.testing.assert_close(FUSIONS[name](WIDTH)(x, x), x)


def test_attention_fusion_is_a_softmax_over_two() -> None:
    torch.manual_seed(0)
    fusion = FUSIONS["attention"](WIDTH)
    identity, text = torch.randn(6, WIDTH), torch.randn(6, WIDTH)
    weights = torch.softmax(torch.cat([fusion.score(identity), fusion.score(text)], dim=1), dim=1)
    torch.testing.assert_close(fusion(identity, text), weights[:, :1] * identity + weights[:, 1:] * text)


LAYERS = [torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[5.0, 6.0, 7.0]])]


def test_readouts_by_hand() -> None:
    assert READOUTS["last"](WIDTH)(LAYERS).tolist() == [[5, 6, 7]]
    assert READOUTS["mean"](WIDTH)(LAYERS).tolist() == [[3, 4, 5]]
    assert READOUTS["concat"](WIDTH)(LAYERS).tolist() == [[1, 2, 3, 5, 6, 7]]


def test_attention_readout_weighs_layers_node_by_node() -> None:
    torch.manual_seed(0)
    readout = READOUTS["attention"](WIDTH)
    layers = [torch.randn(4, WIDTH) for _ in range(3)]
    out = readout(layers)
    for node in range(4):
        scores = torch.stack([readout.score(layer[node]).squeeze() for layer in layers])
        weights = scores.exp() / scores.exp().sum()
        torch.testing.assert_close(out[node], sum(w * layer[node] for w, layer in zip(weights, layers, strict=True)))

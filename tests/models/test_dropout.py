import pytest
import torch

from gnas_ray.models.dropout import dropout, noise_like, random_bytes


@pytest.mark.parametrize("shape", [(3,), (7, 5), (2000, 64)])
def test_a_byte_for_every_entry(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    drawn = random_bytes(torch.zeros(shape))
    assert drawn.shape == shape and drawn.dtype == torch.uint8


def test_bytes_are_uniform_and_repeat_from_the_seed() -> None:
    torch.manual_seed(0)
    drawn = random_bytes(torch.zeros(2000, 64))
    counts = torch.bincount(drawn.flatten().long(), minlength=256)
    # 500 expected each, standard deviation 22
    assert counts.min() > 390 and counts.max() < 610
    torch.manual_seed(0)
    assert torch.equal(random_bytes(torch.zeros(2000, 64)), drawn)


@pytest.mark.parametrize("probability", [0.1, 0.4, 0.5, 0.9])
def test_dropout_drops_its_share_and_keeps_the_mean(probability: float) -> None:
    torch.manual_seed(0)
    x = torch.ones(4000, 64, requires_grad=True)
    out = dropout(x, probability, training=True)
    assert (out == 0).float().mean().item() == pytest.approx(probability, abs=0.004)
    assert out.mean().item() == pytest.approx(1.0, abs=0.02)
    out.sum().backward()
    assert torch.equal(x.grad, out.detach())


def test_dropout_leaves_alone_what_it_should() -> None:
    x = torch.randn(5, 4)
    assert torch.equal(dropout(x, 0.5, training=False), x)
    assert torch.equal(dropout(x, 0.0, training=True), x)
    assert torch.isfinite(dropout(x, 1.0, training=True)).all()


def test_noise_has_its_length_and_the_signs_of_its_row() -> None:
    torch.manual_seed(0)
    x = torch.randn(50, 16)
    noise = noise_like(x, 0.3)
    assert torch.allclose(noise.norm(dim=1), torch.full((50,), 0.3))
    assert (noise.sign() == x.sign()).all()
    assert not torch.equal(noise, noise_like(x, 0.3))

import pytest
import torch

from gnas_ray.training.optimisers import OPTIMISERS, build_optimiser
from gnas_ray.training.state import optimiser_tensors, restore_optimiser


def steps(parameter: torch.nn.Parameter, optimiser: torch.optim.Optimizer, count: int) -> None:
    for _ in range(count):
        optimiser.zero_grad()
        (parameter - torch.tensor([1.0, -2.0])).square().sum().backward()
        optimiser.step()


@pytest.mark.parametrize("name", OPTIMISERS)
def test_finds_the_minimum_of_a_parabola(name: str) -> None:
    parameter = torch.nn.Parameter(torch.zeros(2))
    steps(parameter, build_optimiser(name, [parameter], learning_rate=0.05, weight_decay=0.0), 400)
    torch.testing.assert_close(parameter.detach(), torch.tensor([1.0, -2.0]), rtol=0, atol=0.02)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_goes_on_from_its_tensors_as_if_never_stopped(name: str) -> None:
    whole = torch.nn.Parameter(torch.zeros(2))
    optimiser = build_optimiser(name, [whole], learning_rate=0.05, weight_decay=0.01)
    steps(whole, optimiser, 3)
    resumed = torch.nn.Parameter(whole.detach().clone())
    other = build_optimiser(name, [resumed], learning_rate=0.05, weight_decay=0.01)
    restore_optimiser(other, optimiser_tensors(optimiser))
    steps(whole, optimiser, 3)
    steps(resumed, other, 3)
    assert torch.equal(whole, resumed)

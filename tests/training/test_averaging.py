import pytest
import torch

from gnas_ray.training.averaging import WeightAverage


def test_the_average_moves_by_nine_parts_of_ten_plus_t():
    parameter = torch.tensor([0.0], requires_grad=True)
    average = WeightAverage([parameter])
    for value in (11.0, 0.0):
        with torch.no_grad():
            parameter.fill_(value)
        average.update()
    with average.applied():
        assert parameter.item() == pytest.approx(9 / 11 * 11 * 3 / 12)  # after 1: 9; after 2: 9 * (1 + 2) / (10 + 2)
    assert parameter.item() == 0.0, "what is trained is back afterwards"


def test_the_parameters_are_back_after_an_error():
    parameter = torch.tensor([1.0], requires_grad=True)
    average = WeightAverage([parameter])
    with torch.no_grad():
        parameter.fill_(5.0)
    with pytest.raises(KeyError), average.applied():
        assert parameter.item() == 1.0
        raise KeyError
    assert parameter.item() == 5.0


def test_a_restored_average_goes_on_as_if_never_interrupted():
    parameter = torch.zeros(3, requires_grad=True)
    whole = WeightAverage([parameter])
    with torch.no_grad():
        parameter.copy_(torch.tensor([1.0, 2.0, 3.0]))
    whole.update()
    restored = WeightAverage([parameter])
    restored.restore(whole.tensors())
    for average in (whole, restored):
        average.update()
    assert torch.equal(whole.tensors()["average.0"], restored.tensors()["average.0"])

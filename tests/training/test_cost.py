import torch

from gnas_ray.training.cost import num_parameters, peak_memory_bytes, reset_peak_memory

CPU = torch.device("cpu")


def test_peak_memory_is_that_since_the_reset() -> None:
    block = torch.ones(64 * 2**20 // 4)  # 64 MB, touched
    reset_peak_memory(CPU)
    with_block = peak_memory_bytes(CPU)
    del block
    reset_peak_memory(CPU)
    without = peak_memory_bytes(CPU)
    again = torch.ones(64 * 2**20 // 4)
    assert with_block - without > 50 * 2**20
    assert peak_memory_bytes(CPU) - without > 50 * 2**20
    del again


def test_parameters_that_are_not_trained_do_not_count() -> None:
    module = torch.nn.Linear(3, 2)
    module.bias.requires_grad_(False)
    assert num_parameters(module) == 6

import pytest
import torch

from gnas_ray.training.alias_table import AliasTable

NUM_DRAWS = 100_000


@pytest.mark.parametrize("weights", [[1], [1, 0, 3], [5, 1, 1, 1, 1, 1], [1] * 7, [0.1, 0.2, 0.3, 0.4]])
def test_draws_by_probability(weights: list[float]) -> None:
    probability = torch.tensor(weights, dtype=torch.float64) / sum(weights)
    drawn = AliasTable(probability).draw(torch.zeros(NUM_DRAWS, dtype=torch.bool), torch.Generator().manual_seed(0))
    shares = torch.bincount(drawn, minlength=len(weights)) / NUM_DRAWS
    torch.testing.assert_close(shares.double(), probability, rtol=0, atol=0.005)
    assert (shares[probability == 0] == 0).all()


def test_draws_uniformly_where_told_to() -> None:
    uniform = torch.arange(2 * NUM_DRAWS) % 2 == 0
    drawn = AliasTable(torch.tensor([0.9, 0.1, 0.0])).draw(uniform, torch.Generator().manual_seed(0))
    torch.testing.assert_close(torch.bincount(drawn[uniform]) / NUM_DRAWS, torch.ones(3) / 3, rtol=0, atol=0.005)
    assert (drawn[~uniform] != 2).all()

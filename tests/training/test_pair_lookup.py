import pytest
import torch

from gnas_ray.training import pair_lookup
from gnas_ray.training.batches import Positives
from gnas_ray.training.pair_lookup import PairLookup


@pytest.mark.parametrize("table_bytes", [0, 1 << 20])
def test_finds_the_positives_and_nothing_else(table_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair_lookup, "_TABLE_BYTES", table_bytes)
    pairs = {(0, 0), (0, 3), (2, 1), (2, 3)}
    user, item = torch.tensor(sorted(pairs)).T
    lookup = PairLookup(Positives(user, item, num_users=4, num_items=5))
    found = lookup.contains(torch.arange(4).unsqueeze(1), torch.arange(5).repeat(4, 1))
    assert {(u, i) for u in range(4) for i in range(5) if found[u, i]} == pairs

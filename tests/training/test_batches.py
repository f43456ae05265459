import torch

from gnas_ray.training.batches import Positives, iterate_batches, rank_slice
from gnas_ray.training.ranks import Ranks, SingleRank


def ranks(rank: int, count: int) -> Ranks:
    place = SingleRank()
    place.rank, place.count = rank, count
    return place


def ten_positives() -> Positives:
    return Positives(torch.arange(10) // 2, torch.arange(10), num_users=5, num_items=10)


def test_epoch_visits_every_positive_once_in_another_order_each_time() -> None:
    generator = torch.Generator().manual_seed(0)
    epochs = []
    for _ in range(2):
        batches = list(iterate_batches(ten_positives(), 4, ranks=SingleRank(), generator=generator))
        assert [len(batch) for batch in batches] == [4, 4, 2]
        users = torch.cat([batch.user_index for batch in batches])
        items = torch.cat([batch.item_index for batch in batches])
        assert torch.equal(items // 2, users) and sorted(items.tolist()) == list(range(10))
        epochs.append(items.tolist())
    assert epochs[0] != epochs[1]


def test_ranks_share_a_batch_without_gap_or_overlap() -> None:
    for length in (0, 1, 7, 12):
        parts = [list(range(length))[rank_slice(length, ranks(rank, 3))] for rank in range(3)]
        assert [place for part in parts for place in part] == list(range(length))
        assert max(map(len, parts)) - min(map(len, parts)) <= 1

import torch

from gnas_ray.training.batches import Positives, iterate_batches, rank_slice
from gnas_ray.training.negatives import UniformNegatives
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


def test_negatives_avoid_the_users_positives() -> None:
    # User 0 has 3 of 10 items: unfiltered, 30% of draws would hit; after two redraws .3^3 = 2.7%.
    positives = Positives(torch.tensor([0, 0, 0, 1]), torch.tensor([2, 5, 9, 0]), num_users=2, num_items=10)
    users = torch.zeros(1000, dtype=torch.int64)
    drawn = UniformNegatives(positives).draw(users, 10, torch.Generator().manual_seed(0))
    counts = torch.bincount(drawn.flatten(), minlength=10) / 10_000
    torch.testing.assert_close(counts[[2, 5, 9]], torch.full((3,), 0.009), rtol=0, atol=0.004)
    torch.testing.assert_close(counts[[0, 1, 3]], torch.full((3,), 0.139), rtol=0, atol=0.015)

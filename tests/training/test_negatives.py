"""Every way to draw negatives: what all of them keep, and the distribution each has, worked out by hand."""

import pytest
import torch
from torch import Tensor

from gnas_ray.training.batches import Positives
from gnas_ray.training.negatives import NEGATIVES, Asked, Drawn
from gnas_ray.training.options import LossOptions

NUM_ITEMS = 10


def positives() -> Positives:
    """User 0 has items 2, 5 and 9; the others' make item 9 occur four times, items 0 and 1 twice, the rest once."""
    user = torch.tensor([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5])
    item = torch.tensor([2, 5, 9, 0, 1, 9, 0, 1, 9, 3, 9, 4, 6, 7])
    return Positives(torch.cat([user, torch.tensor([5])]), torch.cat([item, torch.tensor([8])]), 6, NUM_ITEMS)


def draw(
    name: str,
    user_index: Tensor,
    *,
    num_negatives: int = 10,
    mine: slice | Tensor = slice(None),
    avoid_positives: bool = False,
    **options: float,
) -> Drawn:
    """Item i has score i / 10."""
    asked = Asked(user_index, mine, num_negatives, lambda items: items / NUM_ITEMS, avoid_positives)
    negatives = NEGATIVES[name](LossOptions(**options), positives())  # type: ignore[arg-type]
    return negatives.draw(asked, torch.Generator().manual_seed(0))


def shares(drawn: Drawn) -> Tensor:
    return torch.bincount(drawn.item_index.flatten(), minlength=NUM_ITEMS) / drawn.item_index.numel()


def popularity(exponent: float) -> Tensor:
    weight = torch.tensor([2, 2, 1, 1, 1, 1, 1, 1, 1, 4.0]) ** exponent
    return weight / weight.sum()


MANY = torch.arange(6).repeat(2000)


@pytest.mark.parametrize("name", NEGATIVES)
def test_ranks_draw_what_one_process_draws(name: str) -> None:
    user_index = torch.tensor([3, 0, 0, 5, 1])
    whole = draw(name, user_index).item_index
    assert whole.shape == (5, 10)
    assert torch.equal(draw(name, user_index, mine=slice(0, 2)).item_index, whole[:2])
    assert torch.equal(draw(name, user_index, mine=torch.tensor([1, 4])).item_index, whole[[1, 4]])


@pytest.mark.parametrize("name", NEGATIVES)
def test_users_positives_are_avoided(name: str) -> None:
    user_index = torch.zeros(1000, dtype=torch.int64)
    own = [2, 5, 9]
    careless, careful = (
        shares(draw(name, user_index, avoid_positives=avoid, num_candidates=2)) for avoid in (False, True)
    )
    # Uniform: .3 and .3³ = .027. By popularity ^ .75: .36 and .36³ = .047; of two candidates no more than twice that.
    assert careless[own].sum() > 0.28
    assert careful[own].sum() < 0.1


@pytest.mark.parametrize("name", NEGATIVES)
def test_negatives_stand_for_the_whole_catalogue(name: str) -> None:
    """The sum of exp(score + log_weight) estimates that of exp(score) over all items, where none has to be beaten."""
    drawn = draw(name, MANY, num_candidates=1, popularity_exponent=0.5)
    estimate = (drawn.item_index / NUM_ITEMS + drawn.log_weight).exp().sum(dim=1).mean()
    assert estimate.item() == pytest.approx((torch.arange(NUM_ITEMS) / NUM_ITEMS).exp().sum().item(), rel=0.02)


def test_uniform() -> None:
    torch.testing.assert_close(shares(draw("uniform", MANY)), torch.full((10,), 0.1), rtol=0, atol=0.005)


@pytest.mark.parametrize("exponent", [0.0, 0.75, 1.0])
def test_popularity_has_the_exponent(exponent: float) -> None:
    drawn = draw("popularity", MANY, popularity_exponent=exponent)
    torch.testing.assert_close(shares(drawn), popularity(exponent), rtol=0, atol=0.005)


def test_hard_is_the_highest_scored_of_its_candidates() -> None:
    # The highest of 3 uniform items is at most i with probability ((i + 1) / 10)³.
    drawn = draw("hard", MANY, num_candidates=3)
    at_most = (torch.arange(1, 11) / 10) ** 3
    torch.testing.assert_close(shares(drawn).cumsum(0), at_most, rtol=0, atol=0.006)


def test_mixture_is_part_uniform_part_hardest_by_popularity() -> None:
    drawn = draw("mixture", MANY, num_candidates=2, popularity_exponent=1.0, mixture_share=0.25)
    at_most = 0.75 * torch.arange(1, 11) / 10 + 0.25 * popularity(1.0).cumsum(0) ** 2
    torch.testing.assert_close(shares(drawn).cumsum(0), at_most, rtol=0, atol=0.006)


def test_positives_of_the_user_alone_are_avoided_and_the_rest_equally_likely() -> None:
    drawn = draw("uniform", torch.zeros(10_000, dtype=torch.int64), avoid_positives=True)
    expected = torch.full((10,), (1 - 0.3**3) / 7)
    expected[[2, 5, 9]] = 0.3**3 / 3
    torch.testing.assert_close(shares(drawn), expected, rtol=0, atol=0.005)

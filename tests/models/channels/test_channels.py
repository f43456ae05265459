"""Conformance of every linear channel, and what each must equal."""

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from gnas_ray.core import UsageError
from gnas_ray.models.baselines.ease import Ease
from gnas_ray.models.baselines.ials import Ials
from gnas_ray.models.channels import CHANNELS, Channel, build_channel
from gnas_ray.models.channels.dlae import DlaeChannel
from gnas_ray.models.channels.ease import EaseChannel
from gnas_ray.models.channels.ease_text import EaseTextChannel
from gnas_ray.models.channels.graph_filter import GraphFilter
from gnas_ray.models.channels.ials import IalsChannel
from gnas_ray.models.channels.late_fusion import fuse, fused_keys, score_deviation, standardise
from gnas_ray.models.vectors import Vectors


def interactions(num_users: int = 40, num_items: int = 30) -> csr_matrix:
    """Random; the last user and the last item have none. Read-only, as memory-mapped data are."""
    likes = (np.random.default_rng(0).random((num_users, num_items)) < 0.3).astype(np.float32)
    likes[-1], likes[:, -1] = 0, 0
    matrix = csr_matrix(likes)
    for array in (matrix.data, matrix.indices, matrix.indptr):
        array.flags.writeable = False
    return matrix


def texts(num_items: int = 30) -> torch.Tensor:
    """Random, of a mean far from zero; the first item has none."""
    vectors = 0.1 * torch.randn(num_items, 5, generator=torch.Generator().manual_seed(0)) + 2
    vectors[0] = 0
    return vectors


def fit(channel: Channel, likes: csr_matrix) -> Vectors:
    return channel.fit(likes, texts(likes.shape[1]) if channel.uses_text else None)


@pytest.mark.parametrize("name", CHANNELS)
def test_gives_one_finite_vector_a_user_and_an_item(name: str) -> None:
    users, items, _ = fit(CHANNELS[name](), interactions())
    assert (len(users), len(items)) == (40, 30)
    assert users.shape[1] == items.shape[1] <= CHANNELS[name].rank
    assert users.dtype == items.dtype == torch.float32
    assert users.isfinite().all() and items.isfinite().all()


@pytest.mark.parametrize("name", CHANNELS)
def test_vectors_have_the_channels_rank_where_users_and_items_are_enough(name: str) -> None:
    size = CHANNELS[name].rank + 50
    users, items, _ = fit(CHANNELS[name](), interactions(size, size))
    assert users.shape[1] == items.shape[1] == CHANNELS[name].rank


@pytest.mark.parametrize("name", CHANNELS)
def test_fitting_is_repeatable(name: str) -> None:
    first, second = (fit(CHANNELS[name](), interactions()) for _ in range(2))
    assert all(one is other is None or torch.equal(one, other) for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize("name", [name for name in CHANNELS if name != "ials"])
def test_a_users_vector_is_the_sum_of_the_keys_of_the_items_that_the_user_has(name: str) -> None:
    users, items, keys = standardise(fit(CHANNELS[name](), interactions()))
    assert keys is not None and keys.shape == items.shape
    np.testing.assert_allclose(users, interactions() @ keys.numpy(), rtol=1e-4, atol=1e-5)
    assert users.abs().max() > 0.1


@pytest.mark.parametrize("name", CHANNELS)
def test_even_users_get_even_items(name: str) -> None:
    likes = np.add.outer(np.arange(30), np.arange(30)) % 2 == 0
    np.fill_diagonal(likes, False)
    users, items, _ = fit(CHANNELS[name](), csr_matrix(likes.astype(np.float32)))
    scores = (users @ items.T).masked_fill(torch.from_numpy(likes), -torch.inf)
    assert (scores.argmax(1) == torch.arange(30)).all()


def test_ials_has_the_baselines_scores() -> None:
    users, items, _ = IalsChannel(alpha=3.0, regularisation=7.0).fit(interactions())
    expected = Ials(64, alpha=3.0, regularisation=7.0).fit(interactions())(torch.arange(40))
    torch.testing.assert_close(users @ items.T, expected)


def test_ease_of_full_rank_has_the_baselines_scores() -> None:
    users, items, _ = EaseChannel(10.0).fit(interactions())
    expected = Ease(10.0).fit(interactions())(torch.arange(40))
    torch.testing.assert_close(users @ items.T, expected, rtol=1e-4, atol=1e-5)


def test_ease_keeps_the_best_approximation_of_its_rank(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EaseChannel, "rank", 5)
    users, items, _ = EaseChannel(10.0).fit(interactions())
    scores = Ease(10.0).fit(interactions())(torch.arange(40)).double()
    left, strengths, right = torch.linalg.svd(scores, full_matrices=False)
    best = left[:, :5] * strengths[:5] @ right[:5]
    torch.testing.assert_close((users @ items.T).double(), best, rtol=0, atol=1e-3)


def test_ease_with_text_regresses_users_and_text_dimensions_alike() -> None:
    users, items, _ = EaseTextChannel(10.0, weight=3.0).fit(interactions(), texts())
    likes, text = interactions().toarray().astype(np.float64), texts().double().numpy()
    text[1:] -= text[1:].mean(0)
    rows = np.vstack([likes, np.sqrt(3.0) * text.T])
    weights = np.zeros((30, 30))
    for item in range(30):  # ridge regression of each column on the others
        others = np.arange(30) != item
        gram = rows[:, others].T @ rows[:, others] + 10.0 * np.eye(29)
        weights[others, item] = np.linalg.solve(gram, rows[:, others].T @ rows[:, item])
    np.testing.assert_allclose(users @ items.T, likes @ weights, rtol=1e-4, atol=1e-5)


def test_ease_with_text_places_an_item_that_nobody_has() -> None:
    """Its text is that of items 0 to 4, which half of the users like; the other half likes 5 to 9."""
    likes = np.kron(np.eye(2), np.ones((20, 5)))
    likes = np.hstack([likes, np.zeros((40, 1))]).astype(np.float32)
    text = torch.tensor([[1.0, 0.0]] * 5 + [[0.0, 1.0]] * 5 + [[1.0, 0.0]])
    users, items, _ = EaseTextChannel(1.0, weight=10.0).fit(csr_matrix(likes), text)
    scores = (users @ items.T)[:, 10]
    assert (scores[:20] > 0.1).all() and (scores[20:] < 0.01).all()


def test_denoising_autoencoder_restores_what_was_dropped_out() -> None:
    """Its weights minimise the mean error over all ways to drop entries of the rows, as ten thousand draws say."""
    channel = DlaeChannel(regularisation=3.0, dropout=0.4, discount=0.0, text_weight=3.0)
    users, items, _ = channel.fit(interactions(), texts())
    likes, text = interactions().toarray().astype(np.float64), texts().double().numpy()
    text[1:] -= text[1:].mean(0)
    rows = np.vstack([likes, np.sqrt(3.0) * text.T])
    generator = np.random.default_rng(0)
    cross, gram, num_draws = np.zeros((30, 30)), 3.0 * np.eye(30), 10_000
    for _ in range(num_draws):
        dropped = rows * (generator.random(rows.shape) > 0.4) / 0.6
        cross += dropped.T @ rows / num_draws
        gram += dropped.T @ dropped / num_draws
    np.testing.assert_allclose(users @ items.T, likes @ np.linalg.solve(gram, cross), atol=0.02)


def test_denoising_autoencoder_hears_every_user_alike_at_discount_one() -> None:
    """Of two users, the one with four times as many interactions weighs as much in all; the average stays 1."""
    likes = np.zeros((2, 10), dtype=np.float32)
    likes[0, :8], likes[1, 8:] = 1, 1
    heard = DlaeChannel(1.0, dropout=0.0, discount=1.0, text_weight=0.0).fit(csr_matrix(likes), texts(10))
    weights = np.repeat([10 / 16, 10 / 4], [8, 2])[:, None]
    gram = likes.T @ likes * weights
    expected = likes @ np.linalg.solve(gram + np.eye(10), gram)
    np.testing.assert_allclose(heard[0] @ heard[1].T, expected, atol=1e-5)


def test_denoising_autoencoder_that_drops_everything_is_told() -> None:
    with pytest.raises(ValueError, match="dropout must be from 0 to below 1, got 1"):
        DlaeChannel(dropout=1.0)


def test_graph_filter_of_full_rank_has_the_scores_of_its_formula() -> None:
    users, items, _ = GraphFilter(ideal=0.7, sharpening=0.4).fit(interactions())
    likes = interactions().toarray().astype(np.float64)
    user_degree, item_degree = likes[:-1].sum(1), likes[:, :-1].sum(0)  # the last of each have none
    normalised = likes[:-1, :-1] / np.sqrt(np.outer(user_degree, item_degree))
    linear = normalised.T @ normalised
    _, values, right = np.linalg.svd(normalised)
    first = right[: (values > 1e-9).sum()]
    ideal = np.diag(item_degree**-0.5) @ first.T @ first @ np.diag(item_degree**0.5)
    expected = np.zeros((40, 30))
    expected[:-1, :-1] = likes[:-1, :-1] @ (linear + 0.7 * ideal) @ (np.eye(29) - 0.4 * linear)
    np.testing.assert_allclose(users @ items.T, expected, rtol=1e-4, atol=1e-4)


def test_settings_are_values_of_the_channels_name() -> None:
    values = {"ease_regularisation": 90.0, "ials_alpha": 4, "channel_weight": 0.3}
    assert build_channel("none", values) is None
    assert build_channel("ease", values) == EaseChannel(90.0)
    assert build_channel("ials", values) == IalsChannel(alpha=4.0)


def test_unknown_channel_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'ials'"):
        build_channel("als", {})


def test_deviation_is_that_of_all_scores() -> None:
    generator = torch.Generator().manual_seed(0)
    users, items = torch.randn(9, 4, generator=generator) + 3, torch.randn(7, 4, generator=generator) - 1
    assert score_deviation(users, items).item() == pytest.approx((users @ items.T).numpy().std(), rel=1e-5)


def test_fused_score_is_the_networks_plus_the_weighted_standard_channel() -> None:
    generator = torch.Generator().manual_seed(0)
    network = Vectors(torch.randn(9, 4, generator=generator), torch.randn(7, 4, generator=generator))
    channel = Vectors(torch.randn(9, 2, generator=generator), torch.randn(7, 2, generator=generator))
    users, items, _ = fuse(network, standardise(channel), weight=0.3)
    ours, theirs = (u.numpy() @ i.numpy().T for u, i, _ in (network, channel))
    np.testing.assert_allclose(users @ items.T, ours + 0.3 * ours.std() / theirs.std() * theirs, rtol=1e-4, atol=1e-5)


def test_fused_keys_are_those_of_the_fused_vectors_and_zero_for_the_network() -> None:
    generator = torch.Generator().manual_seed(0)
    network = Vectors(torch.randn(40, 4, generator=generator), torch.randn(30, 4, generator=generator))
    channel = standardise(fit(EaseChannel(), interactions()))
    users, items, _ = fuse(network, channel, weight=0.3)
    keys = fused_keys(network, channel, weight=0.3)
    assert keys is not None and keys.shape == items.shape and not keys[:, :4].any()
    np.testing.assert_allclose(users[:, 4:], interactions() @ keys[:, 4:].numpy(), rtol=1e-4, atol=1e-5)
    assert fused_keys(network, fit(IalsChannel(), interactions()), weight=0.3) is None


def test_channel_without_an_opinion_changes_nothing() -> None:
    network = Vectors(torch.eye(3), torch.eye(3))
    users, items, _ = fuse(network, standardise(Vectors(torch.zeros(3, 2), torch.zeros(3, 2))), weight=1.0)
    assert torch.equal(users @ items.T, torch.eye(3))

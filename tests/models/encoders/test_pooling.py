from __future__ import annotations

import pytest
import torch

from gnas_ray.models.encoders.pooling import Pooling, read_pooling
from gnas_ray.models.encoders.source import EncoderFilesError
from tests.models.encoders.conftest import write_pooling

# Two texts of 3 and 1 tokens; what stands at padding must not count.
TOKENS = torch.tensor([[[1.0, 2], [3, 4], [8, 0]], [[3, 4], [99, 99], [99, 99]]])
MASK = torch.tensor([[True, True, True], [True, False, False]])


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("pooling_mode_mean_tokens", [[4.0, 2], [3, 4]]),
        ("pooling_mode_max_tokens", [[8.0, 4], [3, 4]]),
        ("pooling_mode_cls_token", [[1.0, 2], [3, 4]]),
        ("pooling_mode_mean_sqrt_len_tokens", [[4 * 3**0.5, 2 * 3**0.5], [3, 4]]),
    ],
)
def test_pooling_has_its_hand_worked_value(mode, expected):
    torch.testing.assert_close(Pooling((mode,))(TOKENS, MASK), torch.tensor(expected))


def test_normalisation_makes_length_one():
    torch.testing.assert_close(Pooling(normalise=True)(TOKENS, MASK)[1], torch.tensor([0.6, 0.8]))


def test_several_modes_are_concatenated():
    modes = ("pooling_mode_cls_token", "pooling_mode_max_tokens")
    assert Pooling(modes)(TOKENS, MASK)[0].tolist() == [1, 2, 8, 4]


def test_folder_decides_mode_and_normalisation(tmp_path):
    write_pooling(tmp_path, "pooling_mode_cls_token", modules=("Transformer", "Pooling"))
    assert read_pooling(tmp_path) == Pooling(("pooling_mode_cls_token",), normalise=False)


def test_plain_transformer_is_pooled_by_the_mean(tmp_path):
    assert read_pooling(tmp_path) == Pooling(("pooling_mode_mean_tokens",), normalise=False)


def test_unknown_mode_is_an_error(tmp_path):
    write_pooling(tmp_path, "pooling_mode_lasttoken", modules=("Transformer", "Pooling"))
    with pytest.raises(EncoderFilesError, match="lasttoken"):
        read_pooling(tmp_path)


def test_unknown_module_is_an_error(tmp_path):
    write_pooling(tmp_path, "pooling_mode_mean_tokens", modules=("Transformer", "Pooling", "Dense"))
    with pytest.raises(EncoderFilesError, match="Dense"):
        read_pooling(tmp_path)

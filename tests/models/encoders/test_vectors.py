from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoTokenizer

from gnas_ray.models.encoders import encode_texts, find_encoder
from gnas_ray.models.encoders.source import EncoderFilesError

TEXTS = ["star wars", "toy story", "", "the night of the day of the star", "star wars", "unheard"]


def encode(folder: Path, home: Path, texts: list[str]) -> np.ndarray:
    return np.load(encode_texts(find_encoder("tiny", home, folder), texts, home), mmap_mode="r")


def plain_vector(folder: Path, text: str) -> np.ndarray:
    """One text at a time, so without padding: the mean of its tokens' vectors, scaled to length 1."""
    tokens = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")
    with torch.no_grad():
        mean = AutoModel.from_pretrained(folder)(**tokens).last_hidden_state[0].mean(0)
    return (mean / mean.norm()).numpy()


def test_vectors_equal_those_of_one_text_at_a_time(tiny_encoder, tmp_path):
    vectors = encode(tiny_encoder, tmp_path, TEXTS)
    assert vectors.dtype == np.float32
    for row, text in enumerate(TEXTS):
        if text:
            np.testing.assert_allclose(vectors[row], plain_vector(tiny_encoder, text), atol=1e-6)


def test_batches_and_blocks_change_nothing(tiny_encoder, tmp_path, monkeypatch):
    whole = encode(tiny_encoder, tmp_path / "whole", TEXTS)
    monkeypatch.setattr("gnas_ray.models.encoders.transformer._TOKENS_PER_BATCH", {"cpu": 8})
    monkeypatch.setattr("gnas_ray.models.encoders.vectors._BLOCK", 2)
    np.testing.assert_allclose(encode(tiny_encoder, tmp_path / "parts", TEXTS), whole, atol=1e-6)


def test_item_without_text_resembles_nothing(tiny_encoder, tmp_path):
    assert not encode(tiny_encoder, tmp_path, ["star", ""])[1].any()


def test_only_empty_texts_need_no_encoding(tiny_encoder, tmp_path):
    assert encode(tiny_encoder, tmp_path, ["", ""]).shape == (2, 16)


def test_long_text_is_cut_and_not_refused(tiny_encoder, tmp_path):
    assert np.isfinite(encode(tiny_encoder, tmp_path, ["star " * 1000])).all()


def test_long_text_is_cut_where_positions_begin_behind_the_padding(tiny_encoder, tmp_path):
    from transformers import RobertaConfig, RobertaModel

    folder = tmp_path / "roberta"  # the same words; its own folder says nothing of lengths
    shutil.copytree(tiny_encoder, folder)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = RobertaConfig(vocab_size=16, max_position_embeddings=12, pad_token_id=1, **sizes)
    RobertaModel(config).save_pretrained(folder)
    for num_words in (7, 8, 9, 50):  # and two special tokens, in ten positions
        assert np.isfinite(encode(folder, tmp_path / str(num_words), ["star " * num_words])).all()


def test_second_call_reuses_the_file(tiny_encoder, tmp_path):
    source, heard = find_encoder("tiny", tmp_path, tiny_encoder), []
    first = encode_texts(source, TEXTS, tmp_path, progress=lambda done, total: heard.append((done, total)))
    written = first.stat().st_mtime_ns
    assert encode_texts(source, TEXTS, tmp_path, progress=lambda *_: pytest.fail("encoded again")) == first
    assert first.stat().st_mtime_ns == written
    assert heard[-1] == (4, 4)  # distinct texts


def test_other_texts_and_other_encoders_have_other_files(tiny_encoder, tmp_path):
    changed = tmp_path / "changed"
    shutil.copytree(tiny_encoder, changed)
    weights = load_file(changed / "model.safetensors")
    save_file({name: weight * 2 for name, weight in weights.items()}, changed / "model.safetensors", {"format": "pt"})
    sources = [find_encoder("tiny", tmp_path, folder) for folder in (tiny_encoder, changed)]
    files = {encode_texts(source, texts, tmp_path) for source in sources for texts in (["ab"], ["a", "b"])}
    assert len(files) == 4


def test_missing_weights_are_an_error_and_never_random(tiny_encoder, tmp_path):
    folder = tmp_path / "broken"
    shutil.copytree(tiny_encoder, folder)
    weights = load_file(folder / "model.safetensors")
    kept = {name: weight for name, weight in weights.items() if "attention" not in name}
    assert len(kept) < len(weights)
    save_file(kept, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(EncoderFilesError, match="weights are missing"):
        encode(folder, tmp_path, ["star"])
    assert not list((tmp_path / "vectors").glob("*.npy"))


def test_importing_the_room_loads_no_torch():
    import subprocess
    import sys

    code = "import sys, gnas_ray.models.encoders.vectors; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

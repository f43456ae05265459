from __future__ import annotations

import json
from pathlib import Path

import pytest

WORDS = ["star", "wars", "trek", "toy", "story", "a", "of", "the", "night", "day"]


def write_tiny_encoder(folder: Path, *, modules: tuple[str, ...] = ("Transformer", "Pooling", "Normalize")) -> Path:
    """An untrained BERT of one layer in the format of sentence-transformers, the same at every call."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir(parents=True)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = BertConfig(vocab_size=len(vocabulary), max_position_embeddings=32, **sizes)
    BertModel(config).save_pretrained(folder)
    write_pooling(folder, "pooling_mode_mean_tokens", modules=modules)
    return folder


def write_pooling(folder: Path, mode: str, *, modules: tuple[str, ...]) -> None:
    (folder / "1_Pooling").mkdir(exist_ok=True)
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": 16, mode: True}))
    paths = {"Transformer": "", "Pooling": "1_Pooling"}
    listing = [{"path": paths.get(kind, "2"), "type": f"sentence_transformers.models.{kind}"} for kind in modules]
    (folder / "modules.json").write_text(json.dumps(listing))


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory) -> Path:
    return write_tiny_encoder(tmp_path_factory.mktemp("encoders") / "tiny")

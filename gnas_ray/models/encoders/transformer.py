"""A frozen transformer with its tokenizer and pooling, loaded from safetensors only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch.nn.utils.rnn import pad_sequence

from gnas_ray.models.encoders.pooling import read_pooling
from gnas_ray.models.encoders.source import EncoderFilesError

# Tokens in a batch, padding included. On one CPU core 512 to 2,048 took the same time on 1,682 film titles
# and 8,192 half as long again (caches); a GPU wants to be filled.
_TOKENS_PER_BATCH = {"cpu": 2_048, "cuda": 65_536}


class TransformerEncoder:
    """Sentence vectors as sentence-transformers makes them from the same folder.

    Args:
        folder: Files in the format of sentence-transformers; no code in it is run, nothing is downloaded.
        device: ``cuda`` or ``cpu``; the GPU when None and there is one.

    Raises:
        EncoderFilesError: Weights are missing, so that some would have been random; or the pooling isn't known.
    """

    def __init__(self, folder: Path, device: str | None = None) -> None:
        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self._pooling = read_pooling(folder)
        self._tokenizer, self._model = _load(folder)
        self._model.to(self._device)
        self._max_length = _read_max_length(folder, min(_num_positions(self._model), self._tokenizer.model_max_length))
        self._tokens_per_batch = _TOKENS_PER_BATCH.get(self._device.type, 2_048)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._model.config.hidden_size) * len(self._pooling.modes)

    def encode(self, texts: Sequence[str]) -> Iterator[tuple[list[int], Float[np.ndarray, "batch dim"]]]:
        """Batches of vectors, texts of like length together: the texts' positions and their vectors (float32)."""
        tokens = self._tokenizer(list(texts), truncation=True, max_length=self._max_length)["input_ids"]
        for batch in _batches([len(ids) for ids in tokens], self._tokens_per_batch):
            yield batch, self._encode_batch([tokens[position] for position in batch])

    @torch.inference_mode()
    def _encode_batch(self, tokens: list[list[int]]) -> Float[np.ndarray, "batch dim"]:
        lengths = torch.tensor([len(ids) for ids in tokens])
        padding = self._tokenizer.pad_token_id or 0
        ids = pad_sequence([torch.tensor(ids) for ids in tokens], batch_first=True, padding_value=padding)
        mask = (torch.arange(ids.shape[1]) < lengths[:, None]).to(self._device)
        output = self._model(input_ids=ids.to(self._device), attention_mask=mask.long())
        vectors: Float[np.ndarray, "batch dim"] = self._pooling(output.last_hidden_state, mask).float().cpu().numpy()
        return vectors


def _load(folder: Path):  # type: ignore[no-untyped-def]  # transformers' own types are dynamic
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    options = {"trust_remote_code": False, "local_files_only": True}
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **options)
        model, report = AutoModel.from_pretrained(folder, use_safetensors=True, output_loading_info=True, **options)
    except (OSError, ValueError) as error:
        raise EncoderFilesError(f"{folder} can't be loaded: {error}") from error
    # The pooler is a head that no pooling here reads.
    missing = sorted(key for key in report["missing_keys"] if not key.startswith("pooler."))
    if missing or report["mismatched_keys"]:
        raise EncoderFilesError(f"{folder}: weights are missing for {missing + sorted(report['mismatched_keys'])}")
    return tokenizer, model.eval().float()


def _num_positions(model: Any) -> int:
    """Tokens that a text may have. The positions of RoBERTa's kin begin behind the padding's: 512 of 514 are of use."""
    count = int(model.config.max_position_embeddings)
    places = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    padding = getattr(places, "padding_idx", None)
    return count if padding is None else count - padding - 1


def _read_max_length(folder: Path, limit: int) -> int:
    options = folder / "sentence_bert_config.json"
    asked = json.loads(options.read_text()).get("max_seq_length") if options.exists() else None
    return min(asked or limit, limit)


def _batches(lengths: Sequence[int], tokens_per_batch: int) -> Iterator[list[int]]:
    """Positions in batches, short texts first, each at most `tokens_per_batch` tokens with its padding."""
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[position] > tokens_per_batch:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch

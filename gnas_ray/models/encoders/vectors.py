"""Text vectors as a file that is written once and mapped into memory by every trial."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock
from jaxtyping import Float

from gnas_ray.models.encoders.source import EncoderSource

if TYPE_CHECKING:  # torch and transformers take seconds to import
    from gnas_ray.models.encoders.transformer import TransformerEncoder

Progress = Callable[[int, int], None]
"""Called with the number of distinct texts encoded so far, and of all of them."""

# Texts tokenised and sorted by length at once, so that a catalogue of millions doesn't fill memory with tokens.
_BLOCK = 65_536


def encode_texts(
    source: EncoderSource,
    texts: Sequence[str],
    home: Path,
    *,
    progress: Progress | None = None,
    device: str | None = None,
) -> Path:
    """The vectors of `texts`: a float32 ``.npy`` of shape (texts, dim), to be opened with ``mmap_mode="r"``.

    Addressed by the contents of encoder and texts: the second call returns at once, loading nothing. An empty text
    (an item without one) has a vector of zeros, so that it resembles nothing; equal texts are encoded once.

    Args:
        source: The encoder.
        texts: In the order of the rows.
        home: The program's home folder; the file is under ``home/vectors``.
        progress: Hears after every batch; not called when the file exists.
        device: See `TransformerEncoder`.

    Raises:
        EncoderFilesError: The encoder can't be loaded.
    """
    path = home / "vectors" / f"{_key(source, texts)}.npy"
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        if not path.exists():
            _write(path, source, texts, progress=progress, device=device)
    return path


def _key(source: EncoderSource, texts: Sequence[str]) -> str:
    digest = hashlib.sha256(source.sha256.encode())
    for text in texts:
        encoded = text.encode()
        digest.update(len(encoded).to_bytes(8, "little"))  # else ["ab"] and ["a", "b"] would be the same
        digest.update(encoded)
    return digest.hexdigest()[:32]


def _write(
    path: Path, source: EncoderSource, texts: Sequence[str], *, progress: Progress | None, device: str | None
) -> None:
    import torch

    from gnas_ray.models.encoders.transformer import TransformerEncoder

    encoder = TransformerEncoder(source.folder, device)
    rows_by_text: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        if text:
            rows_by_text.setdefault(text, []).append(row)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".encode-") as temporary:
        unfinished = Path(temporary) / path.name
        vectors = np.lib.format.open_memmap(unfinished, "w+", np.float32, (len(texts), encoder.dim))  # zeros
        _fill(vectors, encoder, rows_by_text, progress=progress)
        vectors.flush()
        unfinished.replace(path)
    del encoder
    if torch.cuda.is_available():
        torch.cuda.empty_cache()  # trials of other processes train on the same card


def _fill(
    vectors: Float[np.ndarray, "texts dim"],
    encoder: TransformerEncoder,
    rows_by_text: Mapping[str, Sequence[int]],
    *,
    progress: Progress | None,
) -> None:
    distinct = list(rows_by_text)
    num_done = 0
    for first in range(0, len(distinct), _BLOCK):
        block = distinct[first : first + _BLOCK]
        for positions, found in encoder.encode(block):
            for position, vector in zip(positions, found, strict=True):
                vectors[rows_by_text[block[position]]] = vector
            num_done += len(positions)
            if progress:
                progress(num_done, len(distinct))

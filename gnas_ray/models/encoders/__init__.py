"""Frozen text encoders.

Question: how does an item's text become a vector? Finding a sentence encoder, fetching it, and encoding texts with
it, once: the vectors are a file addressed by the encoder's and the texts' content, which every trial maps into memory.

May import: core, NumPy, torch, transformers; the heavy ones only when texts are really encoded.
To add an encoder: its line in `ENCODERS`. Any folder or hub repository in the format of sentence-transformers (a
transformer with safetensors weights, pooling, optional normalisation) also works without a line here, by its name.
"""

from gnas_ray.models.encoders.fetch import fetch_encoder
from gnas_ray.models.encoders.source import ENCODERS, EncoderSource, KnownEncoder, find_encoder
from gnas_ray.models.encoders.vectors import encode_texts

__all__ = ["ENCODERS", "EncoderSource", "KnownEncoder", "encode_texts", "fetch_encoder", "find_encoder"]

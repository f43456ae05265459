"""How a sentence encoder makes one vector from its tokens' vectors."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from gnas_ray.models.encoders.source import EncoderFilesError

_Pooling = Callable[[Tensor, Tensor], Tensor]


def _mean(tokens: Float[Tensor, "texts length dim"], token_mask: Bool[Tensor, "texts length"]) -> Tensor:
    weights = token_mask.unsqueeze(2).to(tokens.dtype)
    return (tokens * weights).sum(1) / weights.sum(1)


def _mean_sqrt_length(tokens: Float[Tensor, "texts length dim"], token_mask: Bool[Tensor, "texts length"]) -> Tensor:
    return _mean(tokens, token_mask) * token_mask.sum(1, keepdim=True).sqrt()


def _max(tokens: Float[Tensor, "texts length dim"], token_mask: Bool[Tensor, "texts length"]) -> Tensor:
    return tokens.masked_fill(~token_mask.unsqueeze(2), -torch.inf).amax(1)


def _first(tokens: Float[Tensor, "texts length dim"], token_mask: Bool[Tensor, "texts length"]) -> Tensor:
    return tokens[:, 0]


# Keys of 1_Pooling/config.json, as sentence-transformers writes them.
_POOLINGS: dict[str, _Pooling] = {
    "pooling_mode_cls_token": _first,
    "pooling_mode_mean_tokens": _mean,
    "pooling_mode_max_tokens": _max,
    "pooling_mode_mean_sqrt_len_tokens": _mean_sqrt_length,
}


@dataclass(frozen=True)
class Pooling:
    """Pools token vectors and, where the encoder says so, scales the result to length 1.

    Attributes:
        modes: Names in `1_Pooling/config.json`; several are concatenated, in this order.
        normalise: Whether a normalisation follows.
    """

    modes: tuple[str, ...] = ("pooling_mode_mean_tokens",)
    normalise: bool = False

    def __call__(
        self, tokens: Float[Tensor, "texts length dim"], token_mask: Bool[Tensor, "texts length"]
    ) -> Float[Tensor, "texts pooled"]:
        """Vectors of texts from those of their tokens; `token_mask` is True at tokens, False at padding."""
        pooled = torch.cat([_POOLINGS[mode](tokens, token_mask) for mode in self.modes], dim=1)
        return F.normalize(pooled, dim=1) if self.normalise else pooled


def read_pooling(folder: Path) -> Pooling:
    """The pooling that an encoder's `modules.json` describes; the mean of the tokens where there is no such file.

    Raises:
        EncoderFilesError: It asks for a step or a mode that isn't known here.
    """
    listing = folder / "modules.json"
    if not listing.exists():
        return Pooling()
    modes: tuple[str, ...] = ()
    normalise = False
    for module in json.loads(listing.read_text()):
        kind = module["type"].rpartition(".")[2]
        if kind == "Pooling":
            modes = _read_modes(folder / module["path"] / "config.json")
        elif kind == "Normalize":
            normalise = True
        elif kind != "Transformer":
            raise EncoderFilesError(f"{listing}: module {kind} isn't supported, only Transformer, Pooling, Normalize")
    return Pooling(modes or Pooling().modes, normalise)


def _read_modes(path: Path) -> tuple[str, ...]:
    options = json.loads(path.read_text())
    modes = tuple(key for key, value in options.items() if key.startswith("pooling_mode_") and value is True)
    unknown = [mode for mode in modes if mode not in _POOLINGS]
    if unknown or not modes:
        raise EncoderFilesError(f"{path}: pooling modes are {list(modes)}, known here: {list(_POOLINGS)}")
    return modes

"""Linear channels: a second score beside the graph neural network's, by the `linear_channel` decision.

Question: what does a linear model of the same interactions know that the network missed? It is fitted in one go before
training, the loss never sees it, and its score is added to the trained network's (`late_fusion`).

Training with the channel inside the score was tried on MovieLens-100K, one seed of LightGCN with text, validation
NDCG@20 .305 alone. EASE inside gave .304 and .297 at two fixed weights and .290 at a learned one, afterwards .309;
iALS .305, .302, .294, and .310.

May import: core, NumPy, SciPy, torch, `models.baselines`, `models.options`.
To add one: a file with one `Channel` subclass, one line below; the conformance tests pick it up.
"""

from collections.abc import Mapping
from dataclasses import fields

from gnas_ray.core import Value
from gnas_ray.core.family import Family
from gnas_ray.models.channels.base import Channel
from gnas_ray.models.channels.dlae import DlaeChannel
from gnas_ray.models.channels.ease import EaseChannel
from gnas_ray.models.channels.ease_text import EaseTextChannel
from gnas_ray.models.channels.graph_filter import GraphFilter
from gnas_ray.models.channels.ials import IalsChannel
from gnas_ray.models.options import choose

CHANNELS: Family[type[Channel]] = Family(
    "channels",
    {
        "dlae": DlaeChannel,
        "ease": EaseChannel,
        "ease_text": EaseTextChannel,
        "graph_filter": GraphFilter,
        "ials": IalsChannel,
    },
)


def build_channel(option: str, member: Mapping[str, Value]) -> Channel | None:
    """The channel that `option` names, set by values of a member like ``ease_regularisation``; ``none``: None.

    Raises:
        UsageError: There is no such channel.
    """
    if option == "none":
        return None
    channel = choose(CHANNELS, option, "linear_channel")
    names = {field.name: f"{option}_{field.name}" for field in fields(channel)}
    return channel(**{field: float(member[name]) for field, name in names.items() if name in member})


__all__ = ["CHANNELS", "Channel", "build_channel"]

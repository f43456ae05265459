"""A trial's quality as one number.

Question: what does the controller maximise? A reward turns a trial's values at the rungs it reached, and its
peers' there, into one number; a failure has none, because it says nothing about quality.

May import: core; numpy.
To add one: a file with a final subclass of `Reward` whose constructor has explicit keyword parameters with
defaults (YAML keys bind to them), and its line in `REWARDS`; the conformance tests find it there.
"""

from gnas_ray.core.family import Family
from gnas_ray.rewards.base import Reward
from gnas_ray.rewards.rung_rank import RungRank

REWARDS: Family[type[Reward]] = Family(
    "rewards",
    {
        "rung_rank": RungRank,
    },
)

__all__ = ["REWARDS", "Reward", "RungRank"]

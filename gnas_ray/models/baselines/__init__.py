"""Strong models without a search space.

Question: is what the search found any better than what needs no search? Classic recommenders from interactions
alone, each with the grid of settings it is tuned over.

May import: core, NumPy, SciPy, torch, implicit.
To add a baseline: a frozen dataclass below `Baseline` in a file of its own, whose fields are its settings, and its
line in `BASELINES`; the conformance tests pick it up.
"""

from gnas_ray.core.family import Family
from gnas_ray.models.baselines.base import Baseline
from gnas_ray.models.baselines.ease import Ease
from gnas_ray.models.baselines.ials import Ials
from gnas_ray.models.baselines.itemknn import ItemKnn
from gnas_ray.models.baselines.popularity import Popularity

BASELINES: Family[type[Baseline]] = Family(
    "baselines",
    {
        "popularity": Popularity,
        "itemknn": ItemKnn,
        "ease": Ease,
        "ials": Ials,
    },
)

__all__ = ["BASELINES", "Baseline"]

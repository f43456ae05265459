"""What a recommender learns from.

Question: what does it learn from? One schema of interactions, items and users; data sets that load it; filters and
splits; and prepared data: written once, addressed by its content, memory-mapped by every trial on the node.

May import: `core`, numpy, scipy, pyarrow, pydantic. No torch.
To add a data set: a file in `datasets/` and its line in `datasets/__init__.py`. To add a split: the same in `splits/`.
"""

from gnas_ray.data.fetching import fetch
from gnas_ray.data.home import find_home
from gnas_ray.data.options import DataOptions
from gnas_ray.data.prepare import prepare
from gnas_ray.data.prepared import Interactions, PreparedData, open_prepared
from gnas_ray.data.remarks import remarks

__all__ = ["DataOptions", "Interactions", "PreparedData", "fetch", "find_home", "open_prepared", "prepare", "remarks"]

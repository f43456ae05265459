"""Data sets by the name the user writes.

To add one: a file beside `movielens.py` with a `Dataset`, and its line in `DATASETS`. What others publish, and may be
had from an address, a package or a folder, is a `Published` that the `Dataset` asks.
"""

from gnas_ray.core.family import Family
from gnas_ray.data.datasets.amazon import Amazon2018
from gnas_ray.data.datasets.base import Dataset, Fetched
from gnas_ray.data.datasets.files import Files
from gnas_ray.data.datasets.lastfm import LastFM
from gnas_ray.data.datasets.llmrank_games import LLMRankGames
from gnas_ray.data.datasets.movielens import MovieLens100K

DATASETS: Family[type[Dataset]] = Family(
    "datasets",
    {
        "movielens-100k": MovieLens100K,
        "lastfm-hetrec-2k": LastFM,
        "amazon-2018": Amazon2018,
        "amazon-games-llmrank": LLMRankGames,
        "files": Files,
    },
)

__all__ = ["DATASETS", "Amazon2018", "Dataset", "Fetched", "Files", "LLMRankGames", "LastFM", "MovieLens100K"]

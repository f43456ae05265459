"""Data sets by the name the user writes.

To add one: a file beside `movielens.py` with a `Dataset`, and its line in `DATASETS`.
"""

from gnas_ray.core.family import Family
from gnas_ray.data.datasets.base import Dataset, Fetched
from gnas_ray.data.datasets.files import Files
from gnas_ray.data.datasets.movielens import MovieLens100K

DATASETS: Family[type[Dataset]] = Family(
    "datasets",
    {
        "movielens-100k": MovieLens100K,
        "files": Files,
    },
)

__all__ = ["DATASETS", "Dataset", "Fetched", "Files", "MovieLens100K"]

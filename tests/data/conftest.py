"""Small files to load, and MovieLens-100K once for the whole run."""

import os
from pathlib import Path

import pytest

from gnas_ray.core import GnasRayError
from gnas_ray.data import DataOptions, fetch, prepare


@pytest.fixture(scope="session")
def movielens_home(tmp_path_factory):
    """A fresh home with MovieLens-100K fetched the way a user gets it."""
    home = tmp_path_factory.mktemp("home")
    try:
        fetch("movielens-100k", home)
    except GnasRayError as error:
        pytest.skip(f"MovieLens-100K can't be had here: {error}")
    return home


@pytest.fixture(scope="session")
def real_data():
    """The folder of real data sets that are no part of the product."""
    folder = os.environ.get("GNAS_RAY_TEST_DATA")
    if not folder:
        pytest.skip("GNAS_RAY_TEST_DATA names no folder with real data sets")
    return Path(folder).resolve()


@pytest.fixture
def write(tmp_path):
    """Write a text file and give its path."""

    def write_file(name, text, encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write_file


@pytest.fixture
def prepare_files(tmp_path):
    """Prepare the data set `files` with these keys; paths are relative to the test's folder."""

    def prepared(split=None, min_rating=None, deduplicate="none", k_core=0, **dataset):
        options = DataOptions.model_validate(
            {
                "dataset": {"name": "files", **dataset},
                "split": split,
                "min_rating": min_rating,
                "deduplicate": deduplicate,
                "k_core": k_core,
            },
            context={"folder": tmp_path},
        )
        return prepare(options, tmp_path / "home")

    return prepared


GRID = "".join(f"{user},{item}\n" for user in range(4) for item in range(5))
"""Four users, five items, everybody has everything; without a header."""

"""One real Ray for all driver tests of a process: four logical CPUs, two logical GPUs."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def ray_cluster():
    import ray

    from gnas_ray.driver.cluster import connect

    with pytest.MonkeyPatch.context() as patch:  # what the tests import of scripts/, Ray's processes import too
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2] / "scripts"), prepend=os.pathsep)
        connect(num_cpus=4, num_gpus=2)
    yield ray
    ray.shutdown()


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    return tmp_path / "ray"

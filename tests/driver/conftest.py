"""One real Ray for all driver tests: four logical CPUs, two logical GPUs."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def ray_cluster():
    import ray

    from gnas_ray.driver.cluster import connect

    connect(num_cpus=4, num_gpus=2)
    yield ray
    ray.shutdown()


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    return tmp_path / "ray"

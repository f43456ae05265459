"""Ten trials on a node share one copy of the data."""

import subprocess
import sys

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnas_ray.data import DataOptions, prepare

NUM_PROCESSES = 10

CODE = """
import sys
from pathlib import Path
from gnas_ray.data import open_prepared

def done(answer):
    print(answer, flush=True)
    sys.stdin.readline()

done("imported")
data = open_prepared(Path(sys.argv[1]))
arrays = [getattr(data.train, name) for name in ("user_index", "item_index", "rating", "timestamp")]
done(sum(int(array.sum()) for array in arrays))
copies = [array.copy() for array in arrays]
done("copied")
"""


@pytest.fixture(scope="module")
def big_data(tmp_path_factory):
    """Three million interactions: 20 bytes each, 48 MB of them in train."""
    folder = tmp_path_factory.mktemp("big")
    generator = np.random.default_rng(0)
    users = np.repeat(np.arange(30_000), 100)
    items = (generator.integers(0, 1000, 30_000)[:, None] + np.arange(0, 1000, 10)).ravel()
    table = pa.table(
        {
            "user_id": users,
            "item_id": items,
            "rating": np.ones(len(users), np.float32),
            "timestamp": generator.integers(0, 1000, len(users)),
        }
    )
    pq.write_table(table, folder / "r.parquet")
    dataset = {"name": "files", "interactions": folder / "r.parquet"}
    return prepare(DataOptions.model_validate({"dataset": dataset}), folder)


@pytest.fixture
def processes(big_data):
    """Ten that have imported `gnas_ray.data` and wait to go on."""
    command = [sys.executable, "-c", CODE, str(big_data.folder)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(NUM_PROCESSES)
    ]
    assert all(process.stdout.readline() == "imported\n" for process in started)
    yield started
    for process in started:
        process.kill()
        process.communicate()


def go_on(processes):
    """Let all do their next step; give their answers and their memory, all ten alive."""
    for process in processes:
        print(file=process.stdin, flush=True)
    answers = {process.stdout.readline() for process in processes}
    return answers, memory_of(processes)


def memory_of(processes):
    """Each one's private bytes (USS), and what all of them occupy together (PSS)."""
    infos = [psutil.Process(process.pid).memory_full_info() for process in processes]
    return np.array([info.uss for info in infos]), sum(info.pss for info in infos)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="PSS is told by Linux only")
def test_ten_processes_hold_train_once(big_data, processes):
    size = len(big_data.train) * 20
    assert size > 45e6
    private, together = memory_of(processes)
    answers, (private_mapped, together_mapped) = go_on(processes)
    assert len(answers) == 1  # all ten read the same numbers
    assert (private_mapped - private).max() < 0.2 * size
    assert together_mapped - together < 2 * size
    # The measure notices: a copy in each is ten more.
    _, (private_copied, together_copied) = go_on(processes)
    assert (private_copied - private_mapped).min() > 0.9 * size
    assert together_copied - together_mapped > 9 * size

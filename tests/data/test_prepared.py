"""Prepared data: made once, by whoever comes first; opened without a copy."""

import json
import pickle
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnas_ray.core import GnasRayError
from gnas_ray.data import DataOptions, open_prepared, prepare
from gnas_ray.data.prepare import fingerprint_of
from tests.data.conftest import GRID


@pytest.fixture
def grid(write):
    return write("r.csv", "user_id,item_id,rating\n" + GRID.replace("\n", ",3\n"))


def test_preparing_again_only_opens(grid, prepare_files):
    first = prepare_files(interactions="r.csv")
    stamp = first.folder.stat().st_mtime_ns
    again = prepare_files(interactions="r.csv")
    assert (again.folder, again.folder.stat().st_mtime_ns) == (first.folder, stamp)
    assert again.fingerprint == first.fingerprint == first.folder.name


def test_the_fingerprint_follows_content_and_options_not_places(grid, tmp_path):
    def fingerprint(path, **options):
        plain = {"dataset": {"name": "files", "interactions": {"path": path}}, **options}
        return fingerprint_of(DataOptions.model_validate(plain), tmp_path)

    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_bytes(grid.read_bytes())
    same = fingerprint(grid)
    assert fingerprint(elsewhere) == same
    assert fingerprint(grid, split="random_by_user") == same
    others = [
        fingerprint(grid, split={"name": "random_by_user", "seed": 1}),
        fingerprint(grid, split="leave_last_out"),
        fingerprint(grid, min_rating=2),
        fingerprint(grid, k_core=2),
        fingerprint(grid, deduplicate="last"),
        fingerprint(grid, max_users=3),
        fingerprint(grid, min_item_interactions=2),
    ]
    elsewhere.write_bytes(grid.read_bytes().replace(b"3,4,3", b"3,4,4"))
    others.append(fingerprint(elsewhere))
    assert len({same, *others}) == 9


def test_processes_that_prepare_at_once_do_not_clash(grid, tmp_path):
    options = DataOptions.model_validate({"dataset": {"name": "files", "interactions": str(grid)}})
    code = (
        "import sys; from pathlib import Path; from gnas_ray.data import DataOptions, prepare\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "data = prepare(DataOptions.model_validate_json(sys.argv[1]), Path(sys.argv[2]))\n"
        "print(len(data.train), data.folder.name)"
    )
    command = [sys.executable, "-c", code, options.model_dump_json(), str(tmp_path / "home")]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    answers = [process.communicate("go\n")[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    data = prepare(options, tmp_path / "home")
    assert answers == [f"{len(data.train)} {data.fingerprint}\n"] * 4
    left = {path.name for path in (tmp_path / "home" / "prepared").iterdir()}
    assert left == {data.fingerprint, f"{data.fingerprint}.lock"}


def test_arrays_are_views_of_the_files_and_read_only(grid, prepare_files):
    data = prepare_files(interactions="r.csv")
    before = pa.total_allocated_bytes()
    opened = open_prepared(data.folder)
    assert pa.total_allocated_bytes() == before
    with pytest.raises(ValueError, match="read-only"):
        opened.train.user_index[0] = 1
    assert np.shares_memory(opened.train_csr().indices, opened.train.item_index)


def test_prepared_data_pickles_as_its_folder(grid, prepare_files):
    data = prepare_files(interactions="r.csv")
    pickled = pickle.dumps(data)
    assert len(pickled) < 500
    assert (pickle.loads(pickled).train.item_index == data.train.item_index).all()


def test_opening_what_is_no_prepared_data_says_so(grid, prepare_files, tmp_path):
    with pytest.raises(GnasRayError, match="no prepared data here"):
        open_prepared(tmp_path)
    folder = prepare_files(interactions="r.csv").folder
    meta = json.loads((folder / "meta.json").read_text())
    (folder / "meta.json").write_text(json.dumps({**meta, "format_version": 0}))
    with pytest.raises(GnasRayError, match="another version"):
        open_prepared(folder)


def test_csr_counts_a_repeated_interaction_once_with_its_last_rating(write, prepare_files):
    write("a.csv", "user_id,item_id,rating\n2,5,1\n1,5,2\n2,5,4\n2,4,3\n")
    write("b.csv", "user_id,item_id,rating\n1,4,9\n")
    write("c.csv", "user_id,item_id,rating\n1,6,8\n2,6,7\n")
    write("i.csv", "item_id\n6\n7\n")
    data = prepare_files(train="a.csv", valid="b.csv", test="c.csv", items="i.csv")
    assert data.train_csr().toarray().tolist() == [[0, 1, 0, 0], [1, 1, 0, 0]]
    assert data.csr("train", values="rating").toarray().tolist() == [[0, 2, 0, 0], [3, 4, 0, 0]]
    joined = data.csr("train", "valid", "test", values="rating")
    assert joined.toarray().tolist() == [[9, 2, 8, 0], [3, 4, 7, 0]]
    assert joined.indices.tolist() == [0, 1, 2, 0, 1, 2]


def test_joined_parts_are_ordered_by_user_and_item(tmp_path, prepare_files):
    generator = np.random.default_rng(0)
    pairs = generator.permutation([(u, i) for u in range(12) for i in range(12)])
    columns = {"user_id": pairs[:, 0], "item_id": pairs[:, 1], "timestamp": pairs.sum(axis=1), "x": pairs[:, 0] * 0.5}
    pq.write_table(pa.table(columns), tmp_path / "r.parquet")
    joined = prepare_files(interactions="r.parquet").joined("train", "valid", "test")
    assert joined.user_index.tolist() == [u for u in range(12) for _ in range(12)]
    assert joined.item_index.tolist() == [i for _ in range(12) for i in range(12)]
    assert (joined.timestamp == joined.user_index + joined.item_index).all()
    assert (joined.extra["x"] == joined.user_index * 0.5).all()
    assert joined.rating is None


def test_csr_of_ratings_that_are_not_there(write, prepare_files):
    write("r.csv", "user_id,item_id\n" + GRID)
    with pytest.raises(ValueError, match="no ratings"):
        prepare_files(interactions="r.csv").csr("train", values="rating")

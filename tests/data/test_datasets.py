"""What must hold for every member of the family, and the real files they are for."""

import numpy as np
import pyarrow as pa
import pytest

from gnas_ray.core import UsageError
from gnas_ray.data import DataOptions, fetch, prepare
from gnas_ray.data.datasets import DATASETS
from gnas_ray.data.schema import ITEM_ID, RATING, TEXT, TIMESTAMP, USER_ID
from tests.data.conftest import GRID
from tests.data.test_amazon import write_amazon

REAL_FOLDERS = {"lastfm-hetrec-2k": "lastfm-hetrec-2k", "amazon-games-llmrank": "amazon-2018-video-games"}


@pytest.fixture(params=list(DATASETS))
def member(request, tmp_path):
    """A data set of each kind, and the home it can be loaded from."""
    if request.param == "movielens-100k":
        return DATASETS[request.param](), request.getfixturevalue("movielens_home")
    if request.param == "amazon-2018":
        write_amazon(
            tmp_path,
            "Magazine_Subscriptions",
            [(f"u{n}", f"i{n % 50}", 5.0, n) for n in range(2375)],
            [("i0", "Wired")],
        )
        fetch(request.param, tmp_path / "home", tmp_path, {"category": "Magazine_Subscriptions"})
        return DATASETS[request.param](category="Magazine_Subscriptions"), tmp_path / "home"
    if request.param in REAL_FOLDERS:
        fetch(request.param, tmp_path, request.getfixturevalue("real_data") / REAL_FOLDERS[request.param])
        return DATASETS[request.param](), tmp_path
    (tmp_path / "r.csv").write_text("user_id,item_id,rating,timestamp\n" + GRID.replace("\n", ",1,2\n"))
    (tmp_path / "i.csv").write_text("item_id,text\n0,Nought\n")
    files = {"interactions": tmp_path / "r.csv", "items": tmp_path / "i.csv"}
    return DATASETS[request.param].model_validate(files), tmp_path


def test_there_are_data_sets_and_each_is_called_by_its_own_name():
    assert DATASETS
    for name, kind in DATASETS.items():
        assert kind.model_fields["name"].default == name


def test_a_data_set_loads_our_schema(member):
    dataset, home = member
    raw = dataset.load(home)
    types = {USER_ID: (pa.int64(), pa.string()), ITEM_ID: (pa.int64(), pa.string())}
    types |= {RATING: (pa.float32(),), TIMESTAMP: (pa.int64(),), TEXT: (pa.string(),)}
    sources = [*raw.interactions, *(source for source in (raw.items, raw.users) if source)]
    for source in sources:
        assert len(source.rows) == len(source.table)
        assert (np.diff(source.rows) > 0).all()
        for name in source.table.column_names:
            assert source.table[name].null_count == 0
            assert name not in types or source.table[name].type in types[name]


def test_a_data_set_keeps_its_content_key(member):
    dataset, home = member
    assert dataset.content_key(home) == dataset.content_key(home)


def test_lastfm_through_files(real_data, tmp_path):
    folder = real_data / "lastfm-hetrec-2k"
    columns = {"user_id": "userID", "item_id": "artistID", "rating": "weight"}
    dataset = {
        "name": "files",
        "interactions": {"path": folder / "user_artists.dat", "columns": columns},
        "items": {"path": folder / "artists.dat", "columns": {"item_id": "id", "text": "name"}},
    }
    data = prepare(DataOptions.model_validate({"dataset": dataset}), tmp_path)
    read = data.report.steps[0]
    assert (read.interactions, read.users, read.items) == (92_834, 1_892, 17_632)
    texts = dict(zip(data.item_ids.to_pylist(), data.item_texts.to_pylist(), strict=True))
    assert (texts[1], texts[18745]) == ("MALICE MIZER", "Grzegorz Tomczak")
    assert data.report.items_without_text == 0


def test_lastfm_with_a_wrong_encoding_names_row_and_column(real_data, tmp_path):
    folder = real_data / "lastfm-hetrec-2k"
    columns = {"user_id": "userID", "item_id": "artistID"}
    dataset = {
        "name": "files",
        "interactions": {"path": folder / "user_artists.dat", "columns": columns},
        "items": {
            "path": folder / "artists.dat",
            "columns": {"item_id": "id", "text": "name"},
            "encoding": "ascii",
        },
    }
    with pytest.raises(UsageError, match=r"artists.dat: row .*, column 'name': bytes .* not ascii"):
        prepare(DataOptions.model_validate({"dataset": dataset}), tmp_path)

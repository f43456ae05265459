"""Prepared data with other interactions are prepared data like any."""

import numpy as np

from gnas_ray.data import open_prepared
from gnas_ray.data.variant import write_variant
from tests.data.conftest import GRID


def test_a_variant_has_its_own_part_and_everything_else_of_the_data(write, prepare_files, tmp_path):
    write("r.csv", "user_id,item_id,rating\n" + GRID.replace("\n", ",3\n"))
    data = prepare_files(interactions="r.csv")
    rows = np.arange(len(data.train))[::-2]  # half of them, in another order
    variant = write_variant(data, tmp_path / "variant", {"train": data.train.take(rows)})
    opened = open_prepared(tmp_path / "variant")
    for half in (variant, opened):
        assert half.train.user_index.tolist() == data.train.user_index[rows[::-1]].tolist()
        assert half.train.item_index.tolist() == data.train.item_index[rows[::-1]].tolist()
        assert half.train.rating.tolist() == data.train.rating[rows[::-1]].tolist()
        assert half.train.timestamp is None
        assert half.valid.item_index.tolist() == data.valid.item_index.tolist()
        assert half.items.equals(data.items) and half.users.equals(data.users)
        assert half.fingerprint != data.fingerprint


def test_a_variant_takes_the_place_of_one_before(write, prepare_files, tmp_path):
    write("r.csv", "user_id,item_id\n" + GRID)
    data = prepare_files(interactions="r.csv")
    for size in (3, 2):
        write_variant(data, tmp_path / "variant", {"test": data.test.take(np.arange(size))})
    assert len(open_prepared(tmp_path / "variant").test) == 2
    assert len(open_prepared(data.folder).test) == len(data.test) > 3

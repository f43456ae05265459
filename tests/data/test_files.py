"""The user's own files come out as they went in: ids, numbers, texts, parts."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gnas_ray.data import DataOptions
from gnas_ray.data.columns import parse_times
from tests.data.conftest import GRID


def interactions_of(data):
    """(user id, item id) -> (part, rating, timestamp), with the user's ids."""
    users, items = data.user_ids.to_pylist(), data.item_ids.to_pylist()
    found = {}
    for name in ("train", "valid", "test"):
        part = data.part(name)
        for row in range(len(part)):
            rating = None if part.rating is None else float(part.rating[row])
            time = None if part.timestamp is None else int(part.timestamp[row])
            found[users[part.user_index[row]], items[part.item_index[row]]] = (name, rating, time)
    return found


LOG = [(7, 30, 4.5, 100), (7, 20, 1.0, 200), (7, 100, 3.0, 50), (11, 20, 2.0, 3), (11, 30, 2.5, 2), (11, 9, 5.0, 1)]
EXPECTED = {
    (7, 100): ("train", 3.0, 50),
    (7, 30): ("valid", 4.5, 100),
    (7, 20): ("test", 1.0, 200),
    (11, 9): ("train", 5.0, 1),
    (11, 30): ("valid", 2.5, 2),
    (11, 20): ("test", 2.0, 3),
}
NAMES = ("user_id", "item_id", "rating", "timestamp")


def as_text(separator, header=True):
    lines = [separator.join(NAMES)] if header else []
    return "\n".join([*lines, *(separator.join(map(str, row)) for row in LOG)])


@pytest.mark.parametrize("form", ["csv", "tsv", "headerless", "semicolons", "utf-16", "parquet", "renamed"])
def test_every_format_gives_the_same_data(form, write, prepare_files, tmp_path):
    columns = dict(zip(NAMES, zip(*LOG, strict=True), strict=True))
    pq.write_table(pa.table(columns), tmp_path / "log.parquet")
    pq.write_table(pa.table({f"the {name}": values for name, values in columns.items()}), tmp_path / "r.parquet")
    write("log.csv", as_text(","))
    write("log.tsv", as_text("\t"))
    write("u.data", as_text("\t", header=False))
    write("semicolons.csv", as_text(";"))
    write("utf16.csv", as_text(","), encoding="utf-16")
    file = {
        "csv": "log.csv",
        "tsv": "log.tsv",
        "headerless": {"path": "u.data", "names": NAMES},
        "semicolons": {"path": "semicolons.csv", "separator": ";"},
        "utf-16": {"path": "utf16.csv", "encoding": "utf-16"},
        "parquet": "log.parquet",
        "renamed": {"path": "r.parquet", "columns": {name: f"the {name}" for name in NAMES}},
    }[form]
    data = prepare_files(interactions=file, split="leave_last_out")
    assert interactions_of(data) == EXPECTED
    assert data.user_ids.to_pylist() == [7, 11]
    assert data.item_ids.to_pylist() == [9, 20, 30, 100]  # by value, not by text


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["7", "-3", "0"], [-3, 0, 7]),
        (["007", "7", "3"], ["007", "3", "7"]),
        (["7.0", "3", "4"], ["3", "4", "7.0"]),
        (["B00X ", "Ärger", "None"], ["B00X ", "None", "Ärger"]),
        (["99999999999999999999", "1", "2"], ["1", "2", "99999999999999999999"]),
    ],
)
def test_ids_come_back_as_they_were_written(written, expected, write, prepare_files):
    write("r.csv", "user_id,item_id\n" + "".join(f"{user},{item}\n" for user in written for item in "abc"))
    assert prepare_files(interactions="r.csv").user_ids.to_pylist() == expected


def test_parquet_strings_stay_strings_and_text_files_follow(write, prepare_files, tmp_path):
    users, items = ["1", "1", "1"], ["10", "9", "8"]
    table = pa.table({"user_id": pa.array(users, pa.large_string()).dictionary_encode(), "item_id": items})
    pq.write_table(table, tmp_path / "r.parquet")
    write("i.csv", "item_id,text\n9,Nine\n")
    data = prepare_files(interactions="r.parquet", items="i.csv")
    assert data.user_ids.to_pylist() == ["1"]
    assert dict(zip(data.item_ids.to_pylist(), data.item_texts.to_pylist(), strict=True)) == {
        "10": "",
        "8": "",
        "9": "Nine",
    }


def test_given_parts_are_used_exactly(write, prepare_files):
    write("a.csv", "user_id,item_id\n1,x\n1,y\n2,x\n1,y\n")
    write("b.csv", "user_id,item_id\n2,y\n")
    write("c.csv", "user_id,item_id\n2,z\n1,z\n")
    write("i.csv", "item_id,text\nz,Zed\nw,Never seen\n")
    data = prepare_files(train="a.csv", valid="b.csv", test="c.csv", items="i.csv")
    assert len(data.train) == 4  # the repeated one too
    assert interactions_of(data) == {
        (1, "x"): ("train", None, None),
        (1, "y"): ("train", None, None),
        (2, "x"): ("train", None, None),
        (2, "y"): ("valid", None, None),
        (1, "z"): ("test", None, None),
        (2, "z"): ("test", None, None),
    }
    assert data.item_ids.to_pylist() == ["w", "x", "y", "z"]
    assert data.item_texts.to_pylist() == ["Never seen", "", "", "Zed"]
    assert (data.report.items_without_training, data.report.items_not_in_table) == (2, 2)


def test_unknown_ids_are_kept_and_counted_when_asked(write, prepare_files):
    write("a.csv", "user_id,item_id\n1,10\n1,11\n")
    write("b.csv", "user_id,item_id\n1,12\n")
    write("c.csv", "user_id,item_id\n5,12\n5,10\n")
    data = prepare_files(train="a.csv", valid="b.csv", test="c.csv", unknown_ids="keep")
    assert data.user_ids.to_pylist() == [1, 5]
    assert data.item_ids.to_pylist() == [10, 11, 12]
    assert data.report.unknown_ids_kept == 2  # user 5 and item 12
    assert data.report.users_without_training == 1


def test_further_columns_are_kept_as_edge_features_and_side_tables(write, prepare_files):
    rows = [line.split(",") for line in GRID.split()]
    log = "".join(
        f"{user},{item},{int(user) * 10 + int(item)},{'?' if item == '3' else 1},note\n" for user, item in rows
    )
    write("r.csv", "user_id,item_id,dwell,gappy,comment\n" + log)
    write("i.csv", "item_id,name,about,tags,price\n4,Four,,a | b,2.5\n0,Nought,Round,,1\n")
    write("u.csv", "user_id,country,age\n2,NL,30\n0,DE,40\n1,DE,50\n")
    items = {"path": "i.csv", "columns": {"text": ["name", "about"]}, "categories": {"tags": "|"}}
    users = {"path": "u.csv", "categories": {"country": ""}}
    data = prepare_files(interactions="r.csv", items=items, users=users)
    for part in (data.train, data.valid, data.test):
        assert set(part.extra) == {"dwell"}
        assert (part.extra["dwell"] == part.user_index * 10 + part.item_index).all()
    assert data.items.drop_columns(["item_id"]).to_pydict() == {
        "text": ["Nought. Round", "", "", "", "Four"],
        "tags": [[], None, None, None, ["a", "b"]],
        "price": [1.0, None, None, None, 2.5],
    }
    assert data.users.to_pydict() == {
        "user_id": [0, 1, 2, 3],
        "country": [["DE"], ["DE"], ["NL"], None],
        "age": [40.0, 50.0, 30.0, None],
    }


def test_parquet_lists_are_categories_without_being_named(prepare_files, write, tmp_path):
    write("r.csv", "user_id,item_id\n" + GRID)
    table = pa.table({"item_id": [1, 2], "text": ["One", None], "genres": [["x", "y"], None]})
    pq.write_table(table, tmp_path / "i.parquet")
    data = prepare_files(interactions="r.csv", items="i.parquet")
    assert data.items["genres"].to_pylist() == [None, ["x", "y"], [], None, None]
    assert data.item_texts.to_pylist() == ["", "One", "", "", ""]


@pytest.mark.parametrize("seconds", [1600000001.25, 1600000001.2509])
def test_seconds_with_fractions_become_milliseconds(seconds, write, prepare_files):
    times = [seconds, 1600000000, 1600000002.5]
    write("r.csv", "user_id,item_id,timestamp\n" + "".join(f"1,{i},{time}\n" for i, time in enumerate(times)))
    data = prepare_files(split="leave_last_out", interactions="r.csv")
    assert [int(part.timestamp[0]) for part in (data.train, data.valid, data.test)] == [
        1600000000000,
        1600000001250,
        1600000002500,
    ]


def test_dates_become_milliseconds_and_order_a_split(write, prepare_files):
    dates = ["2024-01-02", "2024-01-01T00:00:00.5", "2023-12-31 23:59:59"]
    write("r.csv", "user_id,item_id,timestamp\n" + "".join(f"1,{i},{date}\n" for i, date in enumerate(dates)))
    data = prepare_files(interactions="r.csv", split="leave_last_out")
    assert interactions_of(data) == {
        (1, 2): ("train", None, 1704067199000),
        (1, 1): ("valid", None, 1704067200500),
        (1, 0): ("test", None, 1704153600000),
    }


def test_dates_may_have_a_zone_and_any_decimals(write, prepare_files):
    dates = {
        "2024-01-01": 1704067200000,
        "2024-01-01T00:00:00Z": 1704067200000,
        "2024-01-01 00:00:00+00:00": 1704067200000,
        "2024-01-01T01:30:00.25+0130": 1704067200250,
        "2023-12-31T19-05": 1704067200000,
        "2024-01-01T00:00:00.123456": 1704067200123,
        "2024-01-01T00:00:00.123999999Z": 1704067200123,
        "1969-12-31T23:59:59.9999": -1,
    }
    write("r.csv", "user_id,item_id,timestamp\n" + "".join(f"1,{i},{date}\n" for i, date in enumerate(dates)))
    found = interactions_of(prepare_files(interactions="r.csv", split="leave_last_out"))
    assert [found[1, item][2] for item in range(len(dates))] == list(dates.values())


pieces = st.tuples(
    st.sampled_from(["2023", "2024", "1969", "24"]),
    st.sampled_from(["-01", "-02", "-13", "-00", "-1", ""]),
    st.sampled_from(["-01", "-29", "-30", "-31", "-32", "-00", ""]),
    st.sampled_from(["", " 00", "T23", "T24", " 12:59", "T12:60", "T12:00:60", "T1"])
    | st.sampled_from(["", ".5", ".123", ".1234", ".123456789"]).map("T12:00:59{}".format),
    st.sampled_from(["", "Z", "+01", "-05:30", "+2359", "+24:00", "+1"]),
)


def milliseconds(text):
    """By Python, which takes anything for the T; None for no date."""
    try:
        moment = datetime.fromisoformat(text if text[10:11] in ("", " ", "T") else "")
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@given(texts=st.lists(pieces.map("".join), min_size=1, max_size=6))
def test_dates_are_those_that_python_reads(texts):
    texts = [text for text in texts if "-" in text]
    times, bad = parse_times(pa.chunked_array([pa.array(texts, pa.string())]))
    found = [None if is_bad else int(time) for time, is_bad in zip(times, bad, strict=True)]
    assert found == [milliseconds(text) for text in texts]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_other_tables_id_is_a_further_column(form, prepare_files, tmp_path):
    tables = {
        "r": {"user_id": [user for user in range(4) for _ in range(5)], "item_id": [*range(5)] * 4},
        "i": {"item_id": [0, 1], "user_id": [7, 8]},
        "u": {"user_id": [2], "item_id": [4]},
    }
    for name, columns in tables.items():
        write_table = pq.write_table if form == "parquet" else pa.csv.write_csv
        write_table(pa.table(columns), tmp_path / f"{name}.{form}")
    data = prepare_files(interactions=f"r.{form}", items=f"i.{form}", users=f"u.{form}")
    assert data.items["user_id"].to_pylist() == [7, 8, None, None, None]
    assert data.users["item_id"].to_pylist() == [None, None, 4, None]


def test_parquet_lists_of_strings_may_be_texts(prepare_files, write, tmp_path):
    write("r.csv", "user_id,item_id\n" + GRID)
    columns = {
        "item_id": [0, 1, 2, 3],
        "title": ["One", "Two", None, "Four"],
        "description": [["First.", "Second", None], [], ["Third"], None],
        "genres": [["x", "y"], None, None, None],
    }
    pq.write_table(pa.table(columns), tmp_path / "i.parquet")
    items = {"path": "i.parquet", "columns": {"text": ["title", "description"]}}
    data = prepare_files(interactions="r.csv", items=items)
    assert data.item_texts.to_pylist() == ["One. First. Second", "Two", "Third", "Four", ""]
    assert data.items.column_names == ["item_id", "text", "genres"]


def test_ids_that_pandas_wrote_as_fractions_are_the_same(prepare_files, write):
    write("r.csv", "user_id,item_id\n1,10.0\n1,11.0\n1,12.0\n2,10.0\n2,11.0\n2,12.0\n")
    write("i.csv", "item_id,text\n10,Ten\n11,Eleven\n12,Twelve\n")
    data = prepare_files(interactions="r.csv", items="i.csv")
    assert data.item_ids.to_pylist() == [10, 11, 12]
    assert data.item_texts.to_pylist() == ["Ten", "Eleven", "Twelve"]


def test_ids_as_databases_export_them(prepare_files, tmp_path):
    uuids = [bytes(range(start, start + 16)) for start in (0, 1, 2)]
    table = pa.table(
        {
            "user_id": pa.array([1, 1, 1, 2, 2, 2], pa.decimal128(38, 0)),
            "item_id": pa.array([uuids[i] for i in (0, 1, 2, 0, 1, 2)], pa.uuid()),
        }
    )
    pq.write_table(table, tmp_path / "r.parquet")
    data = prepare_files(interactions="r.parquet")
    assert data.user_ids.to_pylist() == [1, 2]
    assert data.item_ids.to_pylist()[0] == "00010203-0405-0607-0809-0a0b0c0d0e0f"
    pq.write_table(table.set_column(0, "user_id", pa.array([1.0, 1.0, 1.0, 2, 2, 2])), tmp_path / "f.parquet")
    assert prepare_files(interactions="f.parquet").user_ids.to_pylist() == [1, 2]


def test_a_list_column_named_like_a_text_that_is_given_otherwise_is_left_alone(prepare_files, write, tmp_path):
    write("r.csv", "user_id,item_id\n1,10\n1,11\n1,12\n2,10\n2,11\n2,12\n")
    items = {"item_id": [10, 11], "title": ["Ten", "Eleven"], "text": [["a"], ["b", "c"]]}
    pq.write_table(pa.table(items), tmp_path / "i.parquet")
    data = prepare_files(interactions="r.csv", items={"path": "i.parquet", "columns": {"text": "title"}})
    assert data.item_texts.to_pylist() == ["Ten", "Eleven", ""]


def test_a_prepared_folder_that_lost_a_file_is_made_again(prepare_files, write):
    write("r.csv", "user_id,item_id\n1,10\n1,11\n1,12\n2,10\n2,11\n2,12\n")
    users = prepare_files(interactions="r.csv").user_ids.to_pylist()
    for name in ("meta.json", "train.arrow"):
        (prepare_files(interactions="r.csv").folder / name).unlink()
        assert prepare_files(interactions="r.csv").user_ids.to_pylist() == users


def test_an_item_with_none_of_several_texts_has_none(prepare_files, write):
    write("r.csv", "user_id,item_id\n1,10\n1,11\n1,12\n2,10\n2,11\n2,12\n")
    write("i.csv", "item_id,title,blurb\n10,Ten,\n11,,\n12,,twelve\n")
    data = prepare_files(interactions="r.csv", items={"path": "i.csv", "columns": {"text": ["title", "blurb"]}})
    assert data.item_texts.to_pylist() == ["Ten", "", "twelve"]


def test_a_blank_text_is_none(write, prepare_files):
    write("r.csv", "user_id,item_id\n" + GRID)
    write("i.csv", 'item_id,text\n0," "\n1," One "\n')
    assert prepare_files(interactions="r.csv", items="i.csv").item_texts.to_pylist()[:2] == ["", "One"]


def test_a_list_of_blank_texts_is_none(write, prepare_files, tmp_path):
    write("r.csv", "user_id,item_id\n" + GRID)
    columns = {"item_id": [0, 1], "text": pa.array([[" ", ""], [" One", "two "]], pa.list_(pa.string()))}
    pq.write_table(pa.table(columns), tmp_path / "i.parquet")
    assert prepare_files(interactions="r.csv", items="i.parquet").item_texts.to_pylist()[:2] == ["", "One two"]


def test_what_is_prepared_depends_on_how_a_file_is_read(write, prepare_files):
    """Its name alone says it here; the content is the same."""
    write("r.csv", "user_id,item_id\n" + GRID)
    text = 'item_id,text\n0,"say ""hi"""\n'
    write("i.csv", text), write("i.txt", text)
    quoted = prepare_files(interactions="r.csv", items={"path": "i.csv", "separator": ","})
    as_it_is = prepare_files(interactions="r.csv", items={"path": "i.txt", "separator": ","})
    assert (quoted.item_texts[0].as_py(), as_it_is.item_texts[0].as_py()) == ('say "hi"', '"say ""hi"""')


def test_quotes_separators_and_line_breaks_inside_a_cell(write, prepare_files):
    write("r.csv", "user_id,item_id\n" + GRID)
    write("i.csv", 'item_id,text\n0,"One, two\nthree"\n1,"say ""hi"""\n')
    write("i.tsv", 'item_id\ttext\n0\t"One, two\n1\tsay "hi"\n')
    assert prepare_files(interactions="r.csv", items="i.csv").item_texts.to_pylist()[:2] == [
        "One, two\nthree",
        'say "hi"',
    ]
    assert prepare_files(interactions="r.csv", items="i.tsv").item_texts.to_pylist()[:2] == ['"One, two', 'say "hi"']


def test_items_without_interactions_are_kept_but_not_those_a_filter_emptied(write, prepare_files):
    write("r.csv", "user_id,item_id\n" + GRID + "0,77\n")
    write("i.csv", "item_id,text\n77,Once\n88,Never\n")
    data = prepare_files(interactions="r.csv", items="i.csv", k_core=2)
    assert data.item_ids.to_pylist() == [0, 1, 2, 3, 4, 88]
    assert [(count.step, count.interactions, count.items) for count in data.report.steps[:2]] == [
        ("read", 21, 6),
        ("k_core 2", 20, 5),
    ]


def test_ratings_are_float32_and_parts_sorted_by_user_and_item(write, prepare_files):
    generator = np.random.default_rng(0)
    pairs = generator.permutation([(u, i) for u in range(20) for i in range(20)])
    write("r.csv", "user_id,item_id,rating\n" + "".join(f"{u},{i},{u + i / 100}\n" for u, i in pairs))
    data = prepare_files(interactions="r.csv")
    for part in (data.train, data.valid, data.test):
        assert (np.diff(part.user_index.astype(np.int64) * 100 + part.item_index) > 0).all()
        assert part.rating.dtype == np.float32
        np.testing.assert_allclose(part.rating, part.user_index + part.item_index / 100, rtol=1e-6)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"dataset": "movielens"}, "movielens-100k"),
        ({"dataset": {"name": "files"}}, "give either 'interactions'"),
        ({"dataset": {"name": "files", "train": "a", "test": "b"}}, "all three of"),
        ({"dataset": {"name": "files", "train": "a", "valid": "b", "test": "c"}, "split": "by_time"}, "remove split"),
        ({"dataset": {"name": "files", "interactions": {"path": "a", "encoding": "utf-9"}}}, "unknown encoding"),
        ({"dataset": "movielens-100k", "kcore": 5}, "Extra inputs are not permitted"),
    ],
)
def test_options_that_make_no_sense_are_refused(data, message):
    with pytest.raises(ValidationError, match=message):
        DataOptions.model_validate(data)


def test_options_survive_a_round_trip_through_json():
    options = DataOptions.model_validate(
        {"dataset": {"name": "files", "interactions": "r.csv"}, "split": {"name": "random_by_user", "seed": 3}},
        context={"folder": "/somewhere"},
    )
    assert str(options.dataset.interactions.path) == "/somewhere/r.csv"
    assert DataOptions.model_validate_json(options.model_dump_json()) == options

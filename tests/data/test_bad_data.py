"""Bad data is told with file, row and column; all of it at once."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnas_ray.core import UsageError

GOOD = "user_id,item_id,rating\n1,10,5\n1,11,4\n1,12,3\n2,10,2\n2,11,1\n2,12,4\n"


@pytest.fixture
def problems(prepare_files, tmp_path):
    """Prepare and give the problems as lines, file names without their folder."""

    def lines(**dataset):
        with pytest.raises(UsageError) as caught:
            prepare_files(**dataset)
        assert not list((tmp_path / "home").glob("prepared/*/"))
        return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]

    return lines


def test_every_problem_of_every_file_at_once(problems, write):
    write("r.csv", "uid,item_id,rating\n1,10,5\n1,,4\n\n2,11,NaN\n3,12\n2,12,many\n")
    write("i.csv", "item_id,text\n10,Ten\n11,Eleven\n10,Ten again\n")
    found = problems(interactions={"path": "r.csv", "columns": {"user_id": "uid"}}, items="i.csv")
    assert found == [
        "r.csv: row 6: 2 fields, expected 3",
        "r.csv: row 3, column 'item_id': nothing, expected an id",
        "r.csv: row 5, column 'rating': 'NaN', expected a finite number",
        "r.csv: row 7, column 'rating': 'many', expected a finite number",
        "i.csv: row 4, column 'item_id': item_id 10 stands already in row 2",
    ]


def test_missing_column_names_the_nearest(problems, write):
    write("r.csv", "user,item_id\n1,2\n")
    assert problems(interactions="r.csv") == ["r.csv: row 1: no column 'user_id' for user_id; did you mean 'user'?"]
    mapped = {"path": "r.csv", "columns": {"user_id": "user", "ratings": "item_id", "rating": "stars"}}
    assert problems(interactions=mapped) == [
        "r.csv: columns has 'ratings', which such a table has not; did you mean 'rating'?",
        "r.csv: row 1: no column 'stars' for rating; known: user, item_id",
    ]


def test_wrong_encoding_is_found_in_row_and_column_and_hides_nothing(problems, write):
    write("r.csv", GOOD.replace("2,12,4", "2,12,x"))
    write("i.csv", 'item_id,text\n10,"Léon, the professional"\n11,Ok\n11,Ok\n', encoding="latin-1")
    assert problems(interactions="r.csv", items="i.csv") == [
        "r.csv: row 7, column 'rating': 'x', expected a finite number",
        "i.csv: row 2, column 'text': bytes 'e9' are not utf-8; give the file's 'encoding', e.g. latin-1",
        "i.csv: row 4, column 'item_id': item_id 11 stands already in row 3",
    ]


def test_files_that_are_not_there_hide_nothing(problems, write):
    write("r.csv", GOOD.replace("2,12,4", "2,12,x"))
    assert problems(interactions="r.csv", items="itmes.csv", users="u.csv") == [
        "r.csv: row 7, column 'rating': 'x', expected a finite number",
        "itmes.csv: no such file",
        "u.csv: no such file",
    ]


def test_a_file_beside_it_with_nearly_its_name_is_proposed(problems, write):
    write("ratings.csv", GOOD)
    assert problems(interactions="rating.csv") == ["rating.csv: no such file; did you mean 'ratings.csv'?"]


def test_another_separator_is_recognised(problems, write):
    write("r.csv", GOOD.replace(",", ";"))
    assert problems(interactions="r.csv")[0] == (
        "r.csv: row 1: no column 'user_id' for user_id; its columns are separated by ';': give the file's 'separator'"
    )


def test_a_bad_cell_does_not_hide_a_leak_or_an_unknown_id(problems, write):
    write("a.csv", GOOD.replace("2,12,4", "2,12,x"))
    write("b.csv", "user_id,item_id\n1,11\n")
    write("c.csv", "user_id,item_id\n1,13\n")
    leak = "b.csv: row 2: user 1 with item 11 is in valid and in train (a.csv: row 3)"
    found = problems(train="a.csv", valid="b.csv", test="c.csv")
    assert found[0] == "a.csv: row 7, column 'rating': 'x', expected a finite number"
    assert found[1].startswith("c.csv: row 2, column 'item_id': unknown item 13")
    assert found[2:] == [leak]
    # with the item table unreadable nobody knows whether it has item 13
    assert problems(train="a.csv", valid="b.csv", test="c.csv", items="i.csv")[1:] == ["i.csv: no such file", leak]


def test_a_file_without_interactions(problems, write):
    write("r.csv", "user_id,item_id\n")
    assert problems(interactions="r.csv") == ["r.csv: no interactions in this file"]


def test_a_file_without_anything(problems, write):
    write("r.csv", "")
    assert problems(interactions="r.csv") == ["r.csv: the file is empty"]


def test_many_bad_rows_are_named_in_part_and_counted(problems, write):
    write("r.csv", "user_id,item_id,rating\n" + "1,2,?\n" * 8)
    found = problems(interactions="r.csv")
    assert found[:2] == [f"r.csv: row {row}, column 'rating': '?', expected a finite number" for row in (2, 3)]
    assert found[5] == "r.csv, column 'rating': ... and 3 more rows like this"


def test_bad_rows_of_a_file_without_header_count_from_1(problems, write):
    write("r.tsv", "1\t2\t5\n1\t3\tbad\n")
    found = problems(interactions={"path": "r.tsv", "names": ["user_id", "item_id", "rating"]})
    assert found == ["r.tsv: row 2, column 'rating': 'bad', expected a finite number"]


def test_bytes_that_are_no_text_are_told_and_those_that_are_text_are_read(problems, prepare_files, tmp_path, write):
    """Parquet files of some writers have bytes where others have text."""
    write("r.csv", GOOD)
    items = {"item_id": [10, 11, 12], "text": [b"Ten", b"L\xe9on", None], "blurb": [b"\xff", b"", b"fine"]}
    pq.write_table(pa.table(items), tmp_path / "i.parquet")
    assert problems(interactions="r.csv", items={"path": "i.parquet", "columns": {"text": ["text", "blurb"]}}) == [
        "i.parquet: row 2, column 'text': b'L\\xe9on', expected text in UTF-8",
        "i.parquet: row 1, column 'blurb': b'\\xff', expected text in UTF-8",
    ]
    ids = [b"ann", b"\xff", b"bob", None]
    pq.write_table(pa.table({"user_id": ids, "item_id": [1, 2, 3, 4]}), tmp_path / "b.parquet")
    assert problems(interactions="b.parquet") == [
        "b.parquet: row 2, column 'user_id': b'\\xff', expected text in UTF-8",
        "b.parquet: row 4, column 'user_id': nothing, expected an id",
    ]
    pq.write_table(pa.table({"item_id": [10, 11], "text": [b"Ten", "Léon".encode()]}), tmp_path / "good.parquet")
    data = prepare_files(interactions="r.csv", items="good.parquet")
    assert data.item_texts.to_pylist() == ["Ten", "Léon", ""]


def test_a_quote_that_is_never_closed_is_told_and_so_is_one_that_swallows_ids(problems, write):
    write("r.csv", GOOD)
    rows = "\n".join(f"{item},Title {item}" for item in range(13, 300))
    write("i.csv", f'item_id,text\n10,Ten\n11,"7 inch single\n12,Twelve\n{rows}\n')
    assert problems(interactions="r.csv", items="i.csv") == [
        "i.csv: row 3: a quote is opened here and never closed",
    ]
    write("q.csv", 'user_id,item_id,rating\n1,10,"5\n1,11,4\n1,12,"3\n2,10,2\n')
    assert problems(interactions="q.csv") == [
        "q.csv: row 2, column 'rating': '5\\n1,11,4\\n1,12,3', expected one line; a quote is closed too late",
    ]


def test_a_table_that_knows_no_id_of_the_interactions_is_told(problems, write):
    write("r.csv", "user_id,item_id\n1,i10\n1,i11\n2,i10\n")
    write("i.csv", "item_id,text\n10,Ten\n11,Eleven\n")
    assert problems(interactions="r.csv", items="i.csv") == [
        "i.csv: none of its item_ids is in r.csv: '10' here, 'i10' there"
    ]


def test_what_cannot_be_a_further_column_and_times_between_whole_numbers_are_told(problems, write):
    write("r.csv", "user_id,item_id,timestamp,price\n1,10,0.95,1\n1,11,0.5,2\n2,10,3,2\n")
    assert problems(interactions={"path": "r.csv", "numeric": ["timestamp", "price"]}) == [
        "r.csv: row 2, column 'timestamp': '0.95', expected a whole number or an ISO 8601 date, not both in a column",
        "r.csv: row 3, column 'timestamp': '0.5', expected a whole number or an ISO 8601 date, not both in a column",
        "r.csv: 'timestamp' is no further column, but one of our own; rename it",
    ]


def test_a_folder_and_a_file_that_is_no_table_are_told(problems, write, tmp_path):
    (tmp_path / "r.parquet").mkdir()
    write("i.json", '[{"item_id": "' + "x" * 200_000 + '"}]')
    assert problems(interactions="r.parquet", items="i.json") == [
        "r.parquet: a folder; write what is in it as one file",
        "i.json: its first line is no header of a TSV file: field larger than field limit (131072)",
    ]


def test_parquet_nulls_and_unusable_types(problems, tmp_path):
    table = {"user_id": [1, None], "item_id": [1.5, 2.5], "rating": [4.0, float("nan")]}
    pq.write_table(pa.table(table), tmp_path / "r.parquet")
    assert problems(interactions="r.parquet") == [
        "r.parquet: row 2, column 'user_id': nothing, expected an id",
        "r.parquet: row 1, column 'item_id': 1.5, expected an id",
        "r.parquet: row 2, column 'item_id': 2.5, expected an id",
        "r.parquet: row 2, column 'rating': nan, expected a finite number",
    ]


TIME = "a whole number or an ISO 8601 date, not both in a column"


@pytest.mark.parametrize("bad", ["", "soon", "17", "2024-02-30", "2023-02-29T12:00:00Z", "2024-13-01", "0000-00-00"])
def test_a_bad_date_among_good_ones_is_named_alone(bad, problems, write):
    dates = ["2024-02-29", "2024-01-01T00:00:00Z", bad, "2023-12-31 23:59:59", "2024-01-01T00:00:00+02:00"]
    write("r.csv", "user_id,item_id,timestamp\n" + "".join(f"1,{i},{date}\n" for i, date in enumerate(dates)))
    said = repr(bad) if bad else "nothing"
    assert problems(interactions="r.csv") == [f"r.csv: row 4, column 'timestamp': {said}, expected {TIME}"]


@pytest.mark.parametrize("bad", ["2024-01-01", "99999999999999999999", "soon"])
def test_a_bad_time_among_good_numbers_is_named_alone(bad, problems, write):
    write("r.csv", f"user_id,item_id,timestamp\n1,10,5\n1,11,{bad}\n1,12,7\n")
    assert problems(interactions="r.csv") == [f"r.csv: row 3, column 'timestamp': {bad!r}, expected {TIME}"]


def test_an_unsigned_id_that_does_not_fit_is_named_alone(problems, tmp_path):
    ids = pa.array([1, 2**63, 2**63 - 1], pa.uint64())
    pq.write_table(pa.table({"user_id": ids, "item_id": [1, 2, 3]}), tmp_path / "r.parquet")
    assert problems(interactions="r.parquet") == [
        "r.parquet: row 2, column 'user_id': 9223372036854775808, expected an id"
    ]


def test_a_text_that_is_a_structure(problems, write, tmp_path):
    write("r.csv", GOOD)
    pq.write_table(pa.table({"item_id": [10], "text": [{"title": "Ten"}]}), tmp_path / "i.parquet")
    assert problems(interactions="r.csv", items="i.parquet") == [
        "i.parquet, column 'text': struct<title: string>, expected text or lists of it"
    ]


def test_ids_of_two_types(problems, write, tmp_path):
    pq.write_table(pa.table({"user_id": [1], "item_id": [10]}), tmp_path / "r.parquet")
    pq.write_table(pa.table({"item_id": ["10"], "text": ["Ten"]}), tmp_path / "i.parquet")
    assert problems(interactions="r.parquet", items="i.parquet") == [
        "item_id is int64 in r.parquet but string in i.parquet"
    ]
    write("i.csv", "item_id,text\n10,Ten\nB11,Eleven\n")
    assert problems(interactions="r.parquet", items="i.csv") == [
        "i.csv: row 3, column 'item_id': 'B11' is no integer, as this id is in other files"
    ]


def test_unknown_ids_of_given_parts(problems, write):
    write("a.csv", GOOD)
    write("b.csv", "uid,item_id,rating\n1,13,5\n")
    write("c.csv", "user_id,item_id,rating\n2,14,5\n9,13,5\n")
    write("i.csv", "item_id,text\n13,Thirteen\n")
    valid = {"path": "b.csv", "columns": {"user_id": "uid"}}
    assert problems(train="a.csv", valid=valid, test="c.csv", items="i.csv") == [
        "c.csv: row 3, column 'user_id': unknown user 9, neither in train nor in a user table (none is given);"
        " unknown_ids: keep would keep it as cold-start",
        "c.csv: row 2, column 'item_id': unknown item 14, neither in train nor in the item table;"
        " unknown_ids: keep would keep it as cold-start",
    ]


def test_an_interaction_in_two_given_parts_is_named(problems, write):
    write("a.csv", GOOD)
    write("b.csv", "user_id,item_id\n1,11\n")
    write("c.csv", "user_id,item_id\n2,10\n1,11\n")
    assert problems(train="a.csv", valid="b.csv", test="c.csv") == [
        "b.csv: row 2: user 1 with item 11 is in valid and in train (a.csv: row 3)",
        "c.csv: row 2: user 2 with item 10 is in test and in train (a.csv: row 5)",
        "c.csv: row 3: user 1 with item 11 is in test and in valid (b.csv: row 2)",
    ]


def test_a_repeated_interaction_that_the_split_takes_apart_is_named(problems, write):
    write("r.csv", "user_id,item_id\n1,10\n1,11\n1,12\n1,10\n")
    assert problems(interactions="r.csv", split="leave_last_out") == [
        "r.csv: row 5: user 1 with item 10 is in test and in train (r.csv: row 2)",
        "data.deduplicate decides which of repeated interactions is kept",
    ]


def test_a_split_that_leaves_a_part_empty(problems, write):
    write("r.csv", "user_id,item_id\n1,10\n1,11\n2,10\n")
    assert problems(interactions="r.csv", split="leave_last_out") == [
        "valid is empty: leave_last_out leaves it none of 3 interactions"
    ]


@pytest.mark.parametrize("deduplicate", ["none", "first", "last", "mean", "sum"])
def test_filters_that_leave_nothing(deduplicate, problems, write):
    write("r.csv", GOOD)
    assert problems(interactions="r.csv", min_rating=6, deduplicate=deduplicate) == [
        "no interaction is left after the filters"
    ]


def test_filters_that_need_ratings(problems, write):
    write("r.csv", "user_id,item_id\n1,10\n1,11\n")
    assert problems(interactions="r.csv", min_rating=4, deduplicate="mean") == [
        "min_rating 4 needs a column 'rating'; the data has none",
        "deduplicate mean needs a column 'rating'; the data has none",
    ]

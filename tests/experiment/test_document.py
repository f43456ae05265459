import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnas_ray.core import Problem, UsageError
from gnas_ray.experiment.document import read_document, to_yaml


def read(tmp_path, text):
    file = tmp_path / "file.yaml"
    file.write_text(text, encoding="utf-8")
    return read_document(file)


def problems(tmp_path, text):
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text)
    return list(caught.value.problems)


def test_every_key_and_item_has_its_line(tmp_path):
    document = read(tmp_path, "a: 1\n# comment\nb:\n  c: [x,\n      y]\n  d:\n  - e: 2\n")
    assert document.data == {"a": 1, "b": {"c": ["x", "y"], "d": [{"e": 2}]}}
    assert document.places == {
        ("a",): "line 1",
        ("b",): "line 3",
        ("b", "c"): "line 4",
        ("b", "c", 0): "line 4",
        ("b", "c", 1): "line 5",
        ("b", "d"): "line 6",
        ("b", "d", 0): "line 7",
        ("b", "d", 0, "e"): "line 7",
    }


def test_place_passes_over_what_is_not_written(tmp_path):
    document = read(tmp_path, "a:\n  - x\n  - y\n")
    assert document.place(("a", "<list>", "options", 1)) == "line 3"
    assert document.place(("a", "missing")) == "line 1"
    assert document.place(("missing",)) == ""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("1.5E+3", 1500.0),
        ("-3", -3),
        ("0x1f", 31),
        ("0o17", 15),
        ("010", 10),
        ("-08", -8),
        (".inf", math.inf),
        ("true", True),
        ("no", "no"),
        ("on", "on"),
        ("2026-11-24", "2026-11-24"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("~", None),
        ("", None),
        ("'1'", "1"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(tmp_path, text, value):
    found = read(tmp_path, f"a: {text}\n").data["a"]
    assert found == value
    assert type(found) is type(value)


def test_anchors_and_merges_keep_the_line_where_a_key_is_written(tmp_path):
    document = read(tmp_path, "first: &a\n  x: 1\n  y: 2\nsecond:\n  <<: *a\n  y: 3\n")
    assert document.data["second"] == {"x": 1, "y": 3}
    assert document.places["second", "x"] == "line 2"
    assert document.places["second", "y"] == "line 6"


def test_key_that_comes_twice_is_a_problem_with_both_lines(tmp_path):
    assert problems(tmp_path, "a: 1\nb:\n  c: 1\n  c: 2\na: 3\n") == [
        Problem("line 5", "key 'a' comes twice; first on line 1"),
        Problem("line 4", "key 'c' comes twice; first on line 3"),
    ]


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("a: [1, 2\nb: 3\n", "line 2", "not YAML"),
        ("a: 1\n b: 2\n", "line 2", "not YAML"),
        ("a: !!python/object/apply:os.getcwd []\n", "line 1", "tag"),
        ("a: &x [*x]\n", "line 1", "contains itself"),
        ("a: *nowhere\n", "line 1", "undefined alias"),
        ("a: 1\nb: \x1b[0m\n", "line 2", r"not YAML: the character '\x1b'"),
        ("a: 1\x0b\n", "line 1", r"'\x0b'"),
        ("\n\na: \x7f\n", "line 3", r"'\x7f'"),
        ("a: 1\nb: !!int many\n", "line 2", "no integer"),
    ],
)
def test_what_is_no_yaml_is_a_problem_with_its_line(tmp_path, text, where, said):
    [problem] = problems(tmp_path, text)
    assert problem.where == where
    assert said in problem.what


def test_missing_file_and_wrong_encoding_are_problems(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        read_document(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes("a: é".encode("latin-1"))
    with pytest.raises(UsageError, match="not UTF-8"):
        read_document(tmp_path / "latin.yaml")


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=8),
    st.sampled_from(["1e-4", "no", "~", "0x1", "1_0", "<<", "=", "- a", "a: b", "#", "null", "2026-11-24", ".5", "+1"]),
)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc.*", min_size=1), inner, max_size=3),
)


@given(plain=st.dictionaries(st.text("abc.*", min_size=1, max_size=5), trees, max_size=4))
def test_what_is_written_is_read_back(tmp_path_factory, plain):
    assert read(tmp_path_factory.mktemp("yaml"), to_yaml(plain)).data == plain

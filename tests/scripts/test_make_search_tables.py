"""The script that makes the tables of docs/search.md, and that all commands there are understood."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OLD_TABLES = """\
| nas-bench-graph:cora, regret x 1000 | 50 |
|---|---|
| old | 1 |

| another | 50 |
|---|---|
| old | 2 |
"""
DOCUMENT = f"""\
# Title

## First

`scripts/bench_search --table nas-bench-graph:cora --searchers uniform`, some seeds:

{OLD_TABLES}
What was found.

## Second

`scripts/bench_search --table nas-bench-graph:citeseer --searchers uniform`, of which there is no table, and

`scripts/bench_search --table nas-bench-graph:citeseer --searchers evolution --set controller.population_size=5`:

| old | 3 |
"""


def make(*words, check=True):
    command = [sys.executable, str(ROOT / "scripts" / "make_search_tables"), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0 or not check, done.stderr
    return done


@pytest.fixture
def document(tmp_path):
    path = tmp_path / "search.md"
    path.write_text(DOCUMENT)
    return path


def test_tables_below_commands_are_replaced_and_nothing_else(document):
    make("--document", document, "--seeds", "2", "--budgets", "3,6")
    made = document.read_text()
    figures = re.sub(r"\d+ ± \d+", "N", made)
    assert figures == DOCUMENT.replace(
        OLD_TABLES,
        """\
| nas-bench-graph:cora, regret x 1000 | 3 | 6 |
| --- | --- | --- |
| uniform | N | N |
""",
    ).replace(
        "| old | 3 |\n",
        """\
| nas-bench-graph:citeseer, regret x 1000 | 3 | 6 |
| --- | --- | --- |
| evolution | N | N |
""",
    )
    again = make("--document", document, "--seeds", "2", "--budgets", "3,6", "--output", document.with_name("other.md"))
    assert document.with_name("other.md").read_text() == made
    assert "[2] Second: scripts/bench_search --table nas-bench-graph:citeseer" in again.stderr


def test_a_command_without_tables_gets_them_before_what_follows(document):
    document.write_text("`scripts/bench_search --table nas-bench-graph:cora --searchers uniform`:\n\nWhat was found.\n")
    make("--document", document, "--seeds", "2", "--budgets", "3")
    assert re.search(r"`:\n\n\| nas.*\n\| ---.*\n\| uniform.*\n\nWhat was found.\n$", document.read_text())


def test_a_section_by_itself(document):
    make("--document", document, "--section", "Second", "--seeds", "2", "--budgets", "3")
    assert "| old | 1 |" in document.read_text() and "| old | 3 |" not in document.read_text()
    make("--document", document, "--number", "1", "--seeds", "2", "--budgets", "3")
    assert "| old | 1 |" not in document.read_text()
    refused = make("--document", document, "--number", "3", check=False)
    assert refused.returncode == 2 and "no command 3; there are 2" in refused.stderr
    refused = make("--document", document, "--section", "Third", check=False)
    assert refused.returncode == 2 and "there are First, Second" in refused.stderr


def test_a_command_that_fails_leaves_the_document(document):
    document.write_text(DOCUMENT.replace("searchers evolution", "searchers annealing"))
    failed = make("--document", document, "--section", "Second", check=False)
    assert failed.returncode == 2 and "no searcher 'annealing'" in failed.stderr
    assert "| old | 3 |" in document.read_text()


def test_every_command_of_the_document_is_listed():
    written = re.findall(r"^`scripts/bench_search -", (ROOT / "docs" / "search.md").read_text(), re.MULTILINE)
    listed = re.findall(r"^\[\d+\] ", make("--list").stderr, re.MULTILINE)
    assert len(listed) == len(written) > 15


def test_a_cut_of_five_seeds(tmp_path):
    """With few trials; that each command is understood, and gives the tables that the document has."""
    made = tmp_path / "search.md"
    make("--seeds", "5", "--budgets", "6", "--output", made)
    rows = [
        [re.findall(r"^\| (\S+) \|.*\d", text, re.MULTILINE) for text in path.read_text().split("\n## ")]
        for path in (ROOT / "docs" / "search.md", made)
    ]
    assert rows[0] == rows[1]
    assert "nan" not in made.read_text()

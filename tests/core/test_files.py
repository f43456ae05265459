"""Files that are there whole or not at all."""

from pathlib import Path

import pytest

from gnas_ray.core.files import drop_half_line, write_whole, written_whole


def test_a_text_that_is_not_finished_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_whole(path, "old")
    with pytest.raises(KeyboardInterrupt), written_whole(path) as unfinished:
        unfinished.write_text("ne", encoding="utf-8")
        raise KeyboardInterrupt
    assert path.read_text() == "old" and [file.name for file in tmp_path.iterdir()] == ["report.html"]
    write_whole(path, "new")
    assert path.read_text() == "new"


def test_a_half_line_of_any_length_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "ledger.log"
    drop_half_line(path)
    assert not path.exists()
    for whole in (b"whole\n", b""):
        path.write_bytes(whole + b"x" * 200_000)
        drop_half_line(path)
        assert path.read_bytes() == whole

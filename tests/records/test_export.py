"""The Parquet tables hold what the ledger holds."""

from pathlib import Path

import pyarrow.dataset
import pyarrow.parquet as pq

from gnas_ray.records.export import write_tables
from gnas_ray.records.leaderboard import leaderboard
from tests.records.trials import OBJECTIVES, RUNGS, six_trials


def tables(folder: Path) -> tuple[list[dict], list[dict]]:
    records = six_trials().trials()
    rows = leaderboard(records, objectives=OBJECTIVES, rungs=RUNGS)
    write_tables(records, rows, trials=folder / "t.parquet", measurements=folder / "m.parquet")
    return pq.read_table(folder / "t.parquet").to_pylist(), pq.read_table(folder / "m.parquet").to_pylist()


def test_trials_have_a_column_for_each_choice_and_null_where_inactive(tmp_path: Path) -> None:
    trials, _ = tables(tmp_path)
    assert [trial["number"] for trial in trials] == [0, 1, 2, 3, 4, 5]
    assert [trial["rank"] for trial in trials] == [4, 2, 6, 1, 3, 5]
    assert trials[1]["architecture.layer.0.operator"] == "lightgcn"
    assert trials[4]["architecture.layer.0.operator"] is None
    assert trials[1]["hyperparameters.learning_rate"] == 0.01
    assert trials[2]["failure"] == "out_of_memory"
    assert trials[2]["reward"] is None
    assert (trials[0]["origin"], trials[0]["log_prob"], trials[0]["state"]) == ("prior", -1.5, "stopped")


def test_tables_of_several_searches_can_be_read_together(tmp_path: Path) -> None:
    """Also where none failed in one, so that no trial has a reason."""
    for name, keep in (("all", lambda _: True), ("none failed", lambda record: record.number < 2)):
        records = [record for record in six_trials().trials() if keep(record)]
        rows = leaderboard(records, objectives=OBJECTIVES, rungs=RUNGS)
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        write_tables(records, rows, trials=folder / "t.parquet", measurements=folder / "m.parquet")
    together = pyarrow.dataset.dataset([tmp_path / "none failed" / "t.parquet", tmp_path / "all" / "t.parquet"])
    assert together.to_table()["failure"].to_pylist() == [None] * 4 + ["out_of_memory"] + [None] * 3


def test_measurements_are_one_row_a_fidelity(tmp_path: Path) -> None:
    _, measurements = tables(tmp_path)
    assert len(measurements) == 1 + 9 + 3 + 9 + 4
    assert measurements[1] == {
        "number": 1,
        "fidelity": 1,
        "measured_at": measurements[1]["measured_at"],
        "ndcg@20": 0.1,
        "epoch_seconds": 1.0,
    }


def test_who_reads_a_table_while_it_is_written_anew_reads_it_whole(tmp_path: Path) -> None:
    paths = {"trials": tmp_path / "t.parquet", "measurements": tmp_path / "m.parquet"}
    tables(tmp_path)
    with paths["trials"].open("rb") as trials, paths["measurements"].open("rb") as measurements:
        write_tables([], [], **paths)
        assert pq.read_table(trials).num_rows == 6
        assert pq.read_table(measurements).num_rows == 1 + 9 + 3 + 9 + 4
    assert sorted(tmp_path.iterdir()) == sorted(paths.values())


def test_an_empty_ledger_makes_empty_tables(tmp_path: Path) -> None:
    write_tables([], [], trials=tmp_path / "t.parquet", measurements=tmp_path / "m.parquet")
    assert pq.read_table(tmp_path / "t.parquet").num_rows == 0
    assert pq.read_table(tmp_path / "m.parquet").num_rows == 0

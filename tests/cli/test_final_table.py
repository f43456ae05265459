"""The last table as the terminal and JSON have it."""

import re
from pathlib import Path

import pytest

from gnas_ray.cli import console
from gnas_ray.cli.final_table import final_json, print_final
from gnas_ray.driver.pipeline import Finished
from gnas_ray.records.final import FinalRow, Spread
from gnas_ray.records.folder import ExperimentFolder
from gnas_ray.records.robustness import RobustnessRow

WINNER = FinalRow(
    "trial 7", {name: Spread(0.3, 0.01, (0.29, 0.31)) for name in ("ndcg@20", "recall@20", "warm.ndcg@20")}, trial=7
)
EASE = FinalRow("ease", {"ndcg@20": Spread(0.4), "warm.ndcg@20": Spread(0.41), "cold.ndcg@20": Spread(0.0)})


def finished(*robustness: RobustnessRow) -> Finished:
    return Finished(ExperimentFolder(Path()), "ndcg@20", (WINNER, EASE), robustness)


def test_warm_and_cold_items_follow_in_a_table_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    print_final(finished())
    first, second = capsys.readouterr().out.split("The same lists, warm and cold items apart")
    assert "recall@20" in first and "cold" not in first
    lines = [re.findall(r"[\w@.±()-]+", line) for line in second.splitlines()]
    assert [words for words in lines if words] == [
        ["ease", "trial", "7", "(winner)"],
        ["ndcg@20", "0.4000", "0.3000", "±", "0.0100"],
        ["warm.ndcg@20", "0.4100", "0.3000", "±", "0.0100"],
        ["cold.ndcg@20", "0.0000", "-"],
    ]


def test_all_of_it_is_legible_on_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "WIDTH_OF_FILES", 80)
    names = ("ndcg@20", "ndcg@10", "recall@20", "precision@20", "mrr@20", "hit_rate@20", "coverage@20")
    baselines = [
        FinalRow(name, dict.fromkeys(names, Spread(0.2))) for name in ("popularity", "itemknn", "ease", "ials")
    ]
    ours = FinalRow("trial 117", dict.fromkeys(names, Spread(0.3, 0.01, (0.29, 0.31))), trial=117)
    kinds = ("clean", "edges 5%", "edges 10%", "edges 20%", "text 20%", "popularity")
    worse = {kind: {"ndcg@20": 0.25} for kind in kinds}
    disturbed = [RobustnessRow(row.label, worse, is_winner=row is ours) for row in (ours, *baselines)]
    print_final(Finished(ExperimentFolder(Path()), "ndcg@20", (ours, *baselines), tuple(disturbed)))
    table = capsys.readouterr().out
    assert "…" not in table
    rows_of_worse, of_whom = len(kinds), len(baselines) + 1
    assert table.count("0.2500") == rows_of_worse * of_whom
    assert table.count("100.0%") == (rows_of_worse - 1) * of_whom
    for text in ("trial 117 (winner)", "popularity", "itemknn", "ease", "ials", *names):
        assert text in table
    assert table.count("0.3000 ± 0.0100") == len(names) + 1  # and in the verdict


def test_json_has_warm_and_cold_among_the_metrics() -> None:
    plain = final_json(finished())
    assert plain["metrics"]["warm.ndcg@20"] == {"mean": 0.3, "std": 0.01, "seeds": [0.29, 0.31]}  # type: ignore[index]
    assert plain["baselines"]["ease"] == {"ndcg@20": 0.4, "warm.ndcg@20": 0.41, "cold.ndcg@20": 0.0}  # type: ignore[index]


def test_disturbed_data_are_a_table_with_what_is_left_of_the_clean_figure(capsys: pytest.CaptureFixture[str]) -> None:
    trial = RobustnessRow("trial 7", {"clean": {"ndcg@20": 0.3}, "edges 5%": {"ndcg@20": 0.27}}, is_winner=True)
    ease = RobustnessRow("ease", {"clean": {"ndcg@20": 0.4}, "edges 5%": {"ndcg@20": 0.2}})
    print_final(finished(trial, ease))
    table = capsys.readouterr().out.split("Test ndcg@20 on worse data")[1]
    lines = [re.findall(r"[\w@.%()-]+", line) for line in table.splitlines()]
    assert [words for words in lines if words][:3] == [
        ["ease", "trial", "7", "(winner)"],
        ["clean", "0.4000", "0.3000"],
        ["edges", "5%", "0.2000", "50.0%", "0.2700", "90.0%"],
    ]
    assert final_json(finished(trial, ease))["robustness"] == {
        "winner": {"clean": {"ndcg@20": 0.3}, "edges 5%": {"ndcg@20": 0.27}},
        "baselines": {"ease": {"clean": {"ndcg@20": 0.4}, "edges 5%": {"ndcg@20": 0.2}}},
    }
    assert final_json(finished())["robustness"] == {}

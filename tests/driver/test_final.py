"""The final table shows what the reports hold."""

from pathlib import Path

from gnas_ray.driver.final import baselines_done, final_rows, robustness_rows
from gnas_ray.records import ExperimentFolder
from gnas_ray.training.reports import BaselineReport, RetrainReport, RobustnessReport, SeedSpread, write_baselines


def test_nothing_tested_no_rows(tmp_path: Path) -> None:
    assert final_rows(ExperimentFolder(tmp_path)) == ()
    assert baselines_done(ExperimentFolder(tmp_path)) == {}


def test_winner_with_its_spread_and_baselines_with_their_settings(tmp_path: Path) -> None:
    folder = ExperimentFolder(tmp_path)
    RetrainReport({7: 27}, {"ndcg@20": SeedSpread.of([0.3, 0.4])}).write(folder.retrain)
    ease = BaselineReport("ease", {"regularisation": 200.0}, 0.3, {"ndcg@20": 0.35}, 1.5, num_settings=8)
    write_baselines(folder.baselines, [ease])
    winner, baseline = final_rows(folder)
    assert (winner.label, winner.trial, winner.detail) == ("trial 7 (winner)", 7, "2 seeds, 27 epochs")
    assert str(winner.metrics["ndcg@20"]) == "0.3500 ± 0.0707"
    assert winner.metrics["ndcg@20"].seeds == (0.3, 0.4)
    assert (baseline.name, baseline.is_winner) == ("ease", False)
    assert baseline.detail == "regularisation 200 (best of 8)"
    assert str(baseline.metrics["ndcg@20"]) == "0.3500"
    assert baselines_done(folder) == {"ease": ease}


def test_an_ensemble_has_the_winner_first(tmp_path: Path) -> None:
    folder = ExperimentFolder(tmp_path)
    RetrainReport({7: 27, 3: 9}, {"ndcg@20": SeedSpread.of([0.3, 0.4])}).write(folder.retrain)
    (winner,) = final_rows(folder)
    assert (winner.label, winner.trial, winner.detail) == ("trials 7 + 3 (winner)", 7, "2 seeds, 27, 9 epochs")


def test_one_seed_has_no_spread(tmp_path: Path) -> None:
    folder = ExperimentFolder(tmp_path)
    RetrainReport({7: 27}, {"ndcg@20": SeedSpread.of([0.3])}).write(folder.retrain)
    assert str(final_rows(folder)[0].metrics["ndcg@20"]) == "0.3000"


def test_robustness_is_of_the_retrained_trial_or_of_none(tmp_path: Path) -> None:
    folder = ExperimentFolder(tmp_path)
    assert robustness_rows(folder) == ()
    clean, noisy = {"ndcg@20": 0.3}, {"ndcg@20": 0.27}
    RobustnessReport({7: 27}, ["edges"], {"clean": clean, "edges 5%": noisy}, {"ease": {"clean": noisy}}).write(
        folder.robustness
    )
    RetrainReport({7: 27}, {"ndcg@20": SeedSpread.of([0.3])}).write(folder.retrain)
    winner, baseline = robustness_rows(folder)
    assert (winner.label, winner.metrics, winner.is_winner) == (
        "trial 7 (winner)",
        {"clean": clean, "edges 5%": noisy},
        True,
    )
    assert winner.kept("edges 5%", "ndcg@20") == 0.27 / 0.3
    assert (baseline.label, baseline.is_winner) == ("ease", False)
    RetrainReport({8: 27}, {"ndcg@20": SeedSpread.of([0.3])}).write(folder.retrain)
    assert robustness_rows(folder) == ()

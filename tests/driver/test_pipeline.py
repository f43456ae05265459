"""What the pipeline does around the search itself."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from gnas_ray.core import GnasRayError, UsageError
from gnas_ray.driver.final import baselines_done
from gnas_ray.driver.pipeline import (
    is_winner_retrained,
    refresh_report,
    reopen,
    resume_search,
    retrain_again,
    run_baselines_again,
    run_search,
)
from gnas_ray.driver.preparation import prepare_again
from gnas_ray.driver.retrain import refits, to_retrain
from gnas_ray.experiment import load_experiment
from gnas_ray.records.folder import ExperimentFolder, working_in
from gnas_ray.records.reading import read_ledger
from gnas_ray.training import TrainingTask
from gnas_ray.training.bundle import BundleManifest
from gnas_ray.training.reports import BaselineReport, RetrainReport, SeedSpread, write_baselines
from tests.records.trials import films_folder


def test_a_report_is_written_from_whatever_the_folder_holds(tmp_path: Path) -> None:
    folder = films_folder(tmp_path / "films")
    assert refresh_report(folder.root) == folder
    page = folder.report.read_text(encoding="utf-8")
    assert "Nothing was tested yet" in page
    assert "<h1>films</h1>" in page
    assert pq.read_table(folder.trials).num_rows == 6

    RetrainReport({3: 9}, {"ndcg@20": SeedSpread.of([0.3, 0.32])}).write(folder.retrain)
    write_baselines(folder.baselines, [BaselineReport("ease", {}, 0.3, {"ndcg@20": 0.4}, 1.0)])
    page = refresh_report(folder.root).report.read_text(encoding="utf-8")
    assert "The baseline ease beats what the search found (trial 3)" in page


def test_a_search_that_has_begun_may_get_more_budget(tmp_path: Path) -> None:
    folder = films_folder(tmp_path / "films")
    experiment = reopen(folder.root, ["budget.trials=12", "resources.concurrent_trials=1"])
    assert experiment.budget.trials == 12
    assert reopen(folder.root).budget.trials == 6


def test_a_search_that_has_begun_cannot_change_what_its_ledger_means(tmp_path: Path) -> None:
    folder = films_folder(tmp_path / "films")
    with pytest.raises(UsageError, match="2 problems") as refused:
        reopen(folder.root, ["seed=3", "space.decisions.loss=[bpr]", "budget.trials=9"])
    assert "--set seed=3" in str(refused.value)


def test_a_search_never_covers_another_and_touches_nothing_of_it(tmp_path: Path) -> None:
    folder = films_folder(tmp_path / "films")
    before = folder.experiment.read_text()
    with pytest.raises(UsageError, match="gnas-ray resume"):
        run_search(load_experiment(folder.experiment, ["seed=3"]), folder.root, listener=lambda event: None)
    assert folder.experiment.read_text() == before


def test_a_folder_is_searched_by_one_process_at_a_time(tmp_path: Path) -> None:
    folder = films_folder(tmp_path / "films")
    before = folder.experiment.read_text()
    experiment = reopen(folder.root, ["budget.trials=12"])
    with working_in(folder.root), pytest.raises(UsageError, match="another process is at work here"):
        resume_search(folder.root, experiment, listener=lambda event: None)
    with working_in(tmp_path / "new"), pytest.raises(UsageError, match="another process is at work here"):
        run_search(experiment, tmp_path / "new", listener=lambda event: None)
    assert folder.experiment.read_text() == before and not (tmp_path / "new" / "experiment.yaml").exists()


def test_nor_is_it_retrained_or_tested_meanwhile(tmp_path: Path) -> None:
    root = films_folder(tmp_path / "films").root
    with working_in(root), pytest.raises(UsageError, match="another process is at work here"):
        retrain_again(root, trial=None, seeds=None, ensemble=None, listener=lambda event: None)
    with working_in(root), pytest.raises(UsageError, match="another process is at work here"):
        run_baselines_again(root, names=["ease"], listener=lambda event: None)


def rated_films(place: Path) -> ExperimentFolder:
    """A folder whose interactions are in ``ratings.csv`` beside it."""
    folder = films_folder(place / "films")
    ratings = place / "ratings.csv"
    pairs = [f"{user},{(user + step) % 12}" for user in range(6) for step in range(10)]
    ratings.write_text("\n".join(["user_id,item_id", *pairs]) + "\n")
    text = folder.experiment.read_text()
    dataset = f"{{name: files, interactions: {ratings}}}"
    folder.experiment.write_text(text.replace("dataset: movielens-100k", f"dataset: {dataset}"))
    return folder


def test_what_is_measured_on_other_data_than_before_is_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("GNAS_RAY_HOME", str(tmp_path / "home"))
    folder, ratings = rated_films(tmp_path), tmp_path / "ratings.csv"
    run_baselines_again(folder.root, names=["popularity"], listener=lambda event: None)
    before = ratings.read_text()
    ratings.write_text(before + "5,4\n")
    with pytest.raises(UsageError, match="data: not the same as when the search began"):
        run_baselines_again(folder.root, names=["popularity"], listener=lambda event: None)
    ratings.write_text(before)
    run_baselines_again(folder.root, names=["popularity"], listener=lambda event: None)


def test_testing_one_baseline_keeps_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNAS_RAY_HOME", str(tmp_path / "home"))
    folder = rated_films(tmp_path)
    ease = BaselineReport("ease", {}, 0.3, {"ndcg@20": 0.4}, 1.0)
    write_baselines(folder.baselines, [ease])

    finished = run_baselines_again(folder.root, names=["popularity"], listener=lambda event: None)
    assert [row.name for row in finished.final] == ["ease", "popularity"]
    assert baselines_done(folder)["ease"] == ease
    assert folder.report.is_file()


def test_a_baseline_that_cannot_be_fitted_costs_no_other_and_fails_only_who_asked_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GNAS_RAY_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("gnas_ray.models.baselines.ease._MAX_ITEMS", 1)
    folder, heard = rated_films(tmp_path), []
    run_baselines_again(folder.root, names=[], listener=heard.append)
    assert list(baselines_done(folder)) == ["popularity"]
    (left_out,) = [event.detail for event in heard if getattr(event, "phase", "") == "leaving out a baseline"]
    assert left_out.startswith("ease: ")
    with pytest.raises(GnasRayError, match="items"):
        run_baselines_again(folder.root, names=["ease"], listener=heard.append)


def test_what_a_search_that_never_began_took_from_earlier_ones_is_gone_with_it(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("GNAS_RAY_HOME", str(tmp_path / "home"))
    experiment = load_experiment(rated_films(tmp_path).experiment, ["data.dataset.interactions=/no/such/file.csv"])
    new = ExperimentFolder(tmp_path / "new")
    new.root.mkdir()
    new.earlier.write_text('{"trials": [], "first": []}')
    with pytest.raises(GnasRayError):
        run_search(experiment, new.root, listener=lambda event: None)
    assert not new.earlier.exists()


def test_beside_the_winner_an_ensemble_has_the_best_on_validation_at_any_epoch(tmp_path: Path) -> None:
    experiment, ledger = read_ledger(films_folder(tmp_path / "films").root)
    assert to_retrain(experiment, ledger, None, 1) == {3: 6}
    assert list(to_retrain(experiment, ledger, None, 3).items()) == [(3, 6), (1, 6), (4, 2)]  # 2 has .5 and failed
    assert list(to_retrain(experiment, ledger, 1, 2).items()) == [(1, 6), (3, 6)]
    assert to_retrain(experiment, ledger, None, 9) == {3: 6, 1: 6, 4: 2, 0: 1}  # 5 was never measured


def test_an_ensemble_asked_for_later_is_refused_beside_constraints_too(tmp_path: Path) -> None:
    folder = films_folder(tmp_path / "films")
    text = folder.experiment.read_text() + "objective: {constraints: [latency_ms <= 5]}\n"
    folder.experiment.write_text(text)
    with pytest.raises(UsageError, match="several trials together may break a constraint"):
        retrain_again(folder.root, trial=None, seeds=1, ensemble=2, listener=lambda event: None)


def test_a_winner_is_retrained_again_only_where_it_changed_or_more_seeds_are_wanted(tmp_path: Path) -> None:
    folder = films_folder(tmp_path / "films")
    assert not is_winner_retrained(reopen(folder.root), folder)
    RetrainReport({3: 6}, {"ndcg@20": SeedSpread.of([0.3, 0.32, 0.31])}).write(folder.retrain)
    _, ledger = read_ledger(folder.root)
    manifest = BundleManifest(refits(ledger, {3: 6}, 0, 0), "train+valid", {}, "", {})
    folder.bundle.mkdir()
    (folder.bundle / "bundle.json").write_text(json.dumps(manifest.to_dict()))
    experiment = reopen(folder.root)
    assert is_winner_retrained(experiment, folder)
    other = replace(manifest, refits=refits(ledger, {1: 9}, 0, 0))
    (folder.bundle / "bundle.json").write_text(json.dumps(other.to_dict()))
    assert not is_winner_retrained(experiment, folder), "the bundle is another trial's"
    (folder.bundle / "bundle.json").write_text(json.dumps(manifest.to_dict()))
    assert not is_winner_retrained(reopen(folder.root, ["retrain.seeds=5"]), folder)
    assert not is_winner_retrained(reopen(folder.root, ["retrain.ensemble=2"]), folder)
    RetrainReport({1: 9}, {"ndcg@20": SeedSpread.of([0.3, 0.32, 0.31])}).write(folder.retrain)
    assert not is_winner_retrained(experiment, folder)
    together = reopen(folder.root, ["retrain.ensemble=2"])
    for epochs in ({1: 6, 3: 6}, {3: 6, 1: 6}):
        RetrainReport(epochs, {"ndcg@20": SeedSpread.of([0.3, 0.32, 0.31])}).write(folder.retrain)
        of_both = replace(manifest, refits=refits(ledger, epochs, 0, 0))
        (folder.bundle / "bundle.json").write_text(json.dumps(of_both.to_dict()))
        assert is_winner_retrained(together, folder) is (next(iter(epochs)) == 3), "the first is the winner"
    (folder.bundle / "bundle.json").write_text("")  # a machine lost its power
    assert not is_winner_retrained(together, folder)


def test_what_is_measured_with_another_encoder_than_before_is_refused(tmp_path, monkeypatch):
    folder = films_folder(tmp_path / "films")
    experiment = reopen(folder.root)

    def measured_with(vectors):
        task = TrainingTask("/data/1234", ("ndcg@20",), 9, {"tiny": f"/vectors/{vectors}.npy"})
        monkeypatch.setattr("gnas_ray.driver.preparation.prepare_task", lambda *_, is_new: task)
        prepare_again(experiment, folder, lambda event: None)

    measured_with("one")
    with pytest.raises(UsageError, match=r"encoders\.tiny: not the same as when the search began"):
        measured_with("other")

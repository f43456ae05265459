"""A new search's folder has all that it took from earlier ones."""

import shutil
from pathlib import Path

import pytest

from gnas_ray.core import UsageError
from gnas_ray.driver.pipeline import refresh_report, run_search
from gnas_ray.driver.warm_start import gather, read_kept, tell_of
from gnas_ray.experiment import load_experiment
from gnas_ray.records.folder import ExperimentFolder
from gnas_ray.search.warm_start import NO_WARM_START, WarmStart
from tests.records.trials import films_folder


def test_what_was_gathered_is_read_again_when_its_source_is_gone(tmp_path: Path) -> None:
    source = films_folder(tmp_path / "films")
    experiment = load_experiment(source.experiment).warm_started([source.root])
    found = gather(experiment)
    assert found.trials[0].name == str(source.root)
    assert 0 < len(found.trials[0].members) == found.trials[0].num_trials
    assert found.first
    new = ExperimentFolder(tmp_path / "new")
    new.root.mkdir()
    new.earlier.write_text(found.to_json())
    shutil.rmtree(source.root)
    assert read_kept(experiment, new).first == found.first
    assert read_kept(experiment, new).trials[0].members == found.trials[0].members


def test_a_search_that_took_nothing_has_no_such_file(tmp_path: Path) -> None:
    folder = films_folder(tmp_path / "films")
    assert read_kept(load_experiment(folder.experiment), folder) is NO_WARM_START


def test_a_search_whose_start_is_gone_does_not_go_on_as_another(tmp_path: Path) -> None:
    folder = films_folder(tmp_path / "films")
    with pytest.raises(UsageError, match=r"earlier.json: 1 problem\n  missing"):
        read_kept(load_experiment(folder.experiment).warm_started([tmp_path / "before"]), folder)


def test_the_report_says_how_much_could_be_used(tmp_path: Path) -> None:
    folder = films_folder(tmp_path / "films")
    found = gather(load_experiment(folder.experiment).warm_started([folder.root]))
    folder.earlier.write_text(found.to_json())
    said = f"{len(found.trials[0].members)} of {found.trials[0].num_trials} trials can be used"
    heard = []
    tell_of(found, heard.append)
    assert [event.detail for event in heard] == [said]
    assert said in refresh_report(folder.root).report.read_text(encoding="utf-8")


def test_who_was_after_something_else_is_told(tmp_path: Path) -> None:
    folder = films_folder(tmp_path / "films")
    now = load_experiment(folder.experiment, ["objective.constraints=latency_ms <= 5"]).warm_started([folder.root])
    found = WarmStart.from_json(gather(now).to_json())
    assert found.trials[0].describe().endswith("can be used; they were after something else: maximise ndcg@20")


def test_a_folder_without_an_experiment_is_said_before_anything_starts(tmp_path: Path) -> None:
    experiment = load_experiment(films_folder(tmp_path / "films").experiment).warm_started([tmp_path / "nowhere"])
    with pytest.raises(UsageError, match="no such folder"):
        run_search(experiment, tmp_path / "new", listener=lambda event: None)
    assert not (tmp_path / "new").exists()

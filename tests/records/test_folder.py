"""An experiment's folder names its files and says what is wrong with a wrong one."""

from pathlib import Path

import pytest

from gnas_ray.core import UsageError
from gnas_ray.records.folder import ExperimentFolder, new_folder, open_folder, working_in


def test_every_file_lies_inside_the_root() -> None:
    folder = ExperimentFolder(Path("runs/films"))
    names = [name for name, value in vars(ExperimentFolder).items() if isinstance(value, property)]
    assert len(names) >= 10
    paths = [getattr(folder, name) for name in names]
    assert {path.parent for path in paths} == {folder.root}
    assert len(set(paths)) == len(paths)


def test_a_new_folder_has_room_for_checkpoints(tmp_path: Path) -> None:
    folder = new_folder(tmp_path / "runs" / "films")
    assert folder.checkpoints.is_dir()


def test_a_new_folder_never_covers_another_experiment(tmp_path: Path) -> None:
    folder = new_folder(tmp_path)
    folder.ledger.write_text("")
    with pytest.raises(UsageError, match=r"gnas-ray resume .* goes on with it"):
        new_folder(tmp_path)


def test_a_folder_whose_search_never_began_may_be_used_again(tmp_path: Path) -> None:
    new_folder(tmp_path).experiment.write_text("name: films\n")
    assert new_folder(tmp_path).root == tmp_path


def test_a_missing_folder_names_experiments_nearby(tmp_path: Path) -> None:
    neighbour = new_folder(tmp_path / "films")
    neighbour.experiment.write_text("name: films\n")
    with pytest.raises(UsageError, match=r"no such folder; experiments nearby: .*films"):
        open_folder(tmp_path / "film")
    assert open_folder(tmp_path / "films").root == tmp_path / "films"


def test_a_tilde_is_the_user_s_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    with working_in(Path("~/films")):
        assert new_folder(Path("~/films")).root == tmp_path / "home" / "films"
    assert not (tmp_path / "~").exists()


def test_a_folder_that_can_not_be_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for root in (tmp_path / "file", tmp_path / "file" / "films"):
        with pytest.raises(UsageError, match=r"nothing can be written here"), working_in(root):
            pass


def test_an_experiment_nearby_is_named_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    new_folder(tmp_path / "runs" / "films").experiment.write_text("name: films\n")
    with pytest.raises(UsageError) as error:
        open_folder(Path("runs/film"))
    assert str(error.value).count("films") == 1


def test_a_folder_without_an_experiment_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    empty = tmp_path / "here" / "films"
    empty.mkdir(parents=True)
    with pytest.raises(UsageError, match=r"not an experiment's folder.*gnas-ray search"):
        open_folder(empty)

"""An experiment's folder is read as it stands."""

from pathlib import Path

import pytest

from gnas_ray.core import UsageError
from gnas_ray.records import new_folder
from gnas_ray.records.reading import read_ledger
from tests.records.trials import EXPERIMENT_YAML, RUNGS, SPACE, films_folder


def test_the_experiment_says_how_to_read_its_ledger(tmp_path: Path) -> None:
    experiment, ledger = read_ledger(films_folder(tmp_path / "films").root)
    assert experiment.search_space == SPACE
    assert experiment.rungs == RUNGS
    assert [trial.state for trial in ledger.trials()][:3] == ["stopped", "finished", "failed"]


def test_a_folder_whose_search_has_not_begun_has_no_ledger(tmp_path: Path) -> None:
    folder = new_folder(tmp_path / "films")
    folder.experiment.write_text(EXPERIMENT_YAML)
    with pytest.raises(UsageError, match="no ledger here"):
        read_ledger(folder.root)

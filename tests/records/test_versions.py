"""Versions are written with the experiment."""

import platform
from pathlib import Path

import pyarrow
import pytest

import gnas_ray
from gnas_ray.records.versions import note_versions, read_versions


def test_versions_hold_packages_ours_as_imported_and_what_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gnas_ray, "__version__", "7.8.9")
    monkeypatch.setattr("gnas_ray.records.versions.PACKAGES", ("gnas-ray", "pyarrow", "no-such-package"))
    note_versions(tmp_path / "versions.json")
    versions = read_versions(tmp_path / "versions.json")
    assert (versions["gnas-ray"], versions["pyarrow"]) == ("7.8.9", pyarrow.__version__)
    assert (versions["python"], versions["no-such-package"]) == (platform.python_version(), "not installed")


def test_what_changed_since_the_search_began_is_noted_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "versions.json"
    for version in ("1.0", "1.0", "1.1", "1.1", "1.0"):
        monkeypatch.setattr(gnas_ray, "__version__", version)
        note_versions(path)
    assert read_versions(path)["gnas-ray"] == "1.0, then 1.1, then 1.0"
    assert read_versions(path)["pyarrow"] == pyarrow.__version__


def test_no_file_no_versions(tmp_path: Path) -> None:
    assert read_versions(tmp_path / "versions.json") == {}

"""Versions are written with the experiment."""

import platform
from pathlib import Path

import pyarrow

from gnas_ray.records.versions import read_versions, write_versions


def test_versions_hold_packages_and_further_facts(tmp_path: Path) -> None:
    write_versions(tmp_path / "versions.json", {"encoder all-MiniLM-L6-v2": "sha256:53aa"})
    versions = read_versions(tmp_path / "versions.json")
    assert versions["pyarrow"] == pyarrow.__version__
    assert versions["python"] == platform.python_version()
    assert versions["encoder all-MiniLM-L6-v2"] == "sha256:53aa"


def test_no_file_no_versions(tmp_path: Path) -> None:
    assert read_versions(tmp_path / "versions.json") == {}

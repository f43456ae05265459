from __future__ import annotations

import subprocess
import sys

import pytest

from gnas_ray.training.reports import (
    BaselineReport,
    RetrainReport,
    SeedSpread,
    read_baselines,
    write_baselines,
)


def test_spread_is_mean_and_sample_standard_deviation():
    spread = SeedSpread.of([1.0, 2.0, 6.0])
    assert spread.mean == pytest.approx(3.0)
    assert spread.std == pytest.approx(7**0.5)  # (4 + 1 + 9) / 2
    assert spread.seeds == (1.0, 2.0, 6.0)


def test_one_seed_has_no_spread():
    assert SeedSpread.of([0.3]) == SeedSpread(0.3, 0.0, (0.3,))


def test_retrain_report_comes_back_from_its_file(tmp_path):
    report = RetrainReport({7: 12}, {"ndcg@20": SeedSpread.of([0.31, 0.32]), "recall@20": SeedSpread.of([0.4])})
    report.write(tmp_path / "retrain.json")
    assert RetrainReport.read(tmp_path / "retrain.json") == report


def test_baselines_come_back_from_their_file(tmp_path):
    reports = (
        BaselineReport("ease", {"regularisation": 300.0}, 0.3, {"ndcg@20": 0.35}, 1.5, num_settings=9),
        BaselineReport("popularity", {}, 0.14, {"ndcg@20": 0.15}, 0.1),
    )
    write_baselines(tmp_path / "baselines.json", reports)
    assert read_baselines(tmp_path / "baselines.json") == reports
    assert [path.name for path in tmp_path.iterdir()] == ["baselines.json"]


def test_reading_reports_loads_no_torch():
    code = "import sys, gnas_ray.training.reports; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

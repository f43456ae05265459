"""What is tested on worse data after a search that asks for it, on real Ray."""

import json
from pathlib import Path

import pytest

from gnas_ray.cli.final_table import final_json
from gnas_ray.core.events import Event, PhaseStarted
from gnas_ray.driver.final import robustness_found
from gnas_ray.driver.pipeline import reopen, resume_search
from gnas_ray.experiment import load_experiment
from gnas_ray.serving import Bundle
from tests.driver.small_experiment import searched, write_small_experiment

pytestmark = pytest.mark.ray


def test_winner_and_baselines_are_tested_on_disturbed_data_once(ray_cluster, tmp_path: Path) -> None:
    path = write_small_experiment(tmp_path, trials=2, epochs=9)
    root = tmp_path / "run"
    searched(load_experiment(path, ["retrain.robustness=true", "retrain.ensemble=2"]), root)
    finished = resume_search(root, reopen(root), listener=lambda event: None)
    assert len(Bundle.load(finished.folder.bundle).contents.manifest.refits) == 2
    plain = json.loads(json.dumps(final_json(finished)))
    found = plain["robustness"]
    disturbances = ["clean", "edges 5%", "edges 10%", "edges 20%", "popularity"]  # nothing has a text
    assert list(found["winner"]) == disturbances
    assert found["winner"]["clean"]["ndcg@10"] == plain["metrics"]["ndcg@10"]["seeds"][0]
    for name in ("popularity", "ease"):
        assert list(found["baselines"][name]) == disturbances
        assert found["baselines"][name]["clean"] == plain["baselines"][name]
    ease = found["baselines"]["ease"]
    assert ease["edges 20%"]["ndcg@10"] < ease["edges 10%"]["ndcg@10"] < ease["clean"]["ndcg@10"]
    assert "On worse data" in finished.folder.report.read_text(encoding="utf-8")
    assert not finished.folder.disturbed.exists()

    heard: list[Event] = []
    before = robustness_found(finished.folder)
    again = resume_search(root, reopen(root, ["baselines=[popularity]"]), listener=heard.append)
    assert again.robustness == finished.robustness and robustness_found(again.folder) == before
    assert not any(isinstance(event, PhaseStarted) and "disturbed" in event.phase for event in heard)

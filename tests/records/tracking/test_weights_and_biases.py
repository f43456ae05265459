"""What Weights & Biases keeps of a search, without its server."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gnas_ray.core import Ending, GnasRayError, Measurement, Outcome, TrialSpec
from gnas_ray.core.events import PhaseStarted, SearchProgress, TrialEnded, TrialMeasured, TrialStarted
from gnas_ray.records.tracking.weights_and_biases import WeightsAndBiases

SPEC = TrialSpec(7, {"num_layers": 1, "operator": "gat"}, {"learning_rate": 0.0625}, seed=5)
PROGRESS = SearchProgress(20, 3, {"running": 1, "finished": 3}, {1: 4}, 2, 0.3125, float("nan"), 10.0, 20.0)


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A session of the test's own, for W&B reads its variables once in each."""
    import wandb

    wandb.teardown()
    for name in ("CONFIG_DIR", "CACHE_DIR", "DATA_DIR"):
        monkeypatch.setenv(f"WANDB_{name}", str(tmp_path / name.lower()))
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
    yield
    wandb.teardown()


@pytest.fixture
def offline(session: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")


def kept(folder: Path) -> dict[str, bytes]:
    """The records of each run, by its name."""
    import wandb

    wandb.teardown()  # the last ones are written as a run's stream closes, for which `finish` does not wait
    files = sorted(folder.glob("wandb/offline-run-*/run-*.wandb"))
    return {file.stem.split("-", 2)[2]: file.read_bytes() for file in files}


def test_a_trial_is_a_run_with_its_choices_metrics_and_ending(offline: None, tmp_path: Path) -> None:
    folder, told = tmp_path / "wandb", []
    runs = WeightsAndBiases("films", folder, tell=told.append)
    runs(TrialStarted(SPEC, "policy"))
    runs(TrialMeasured(7, Measurement(1, {"ndcg@20": 0.28125, "loss": float("nan")}), 0.28125))
    runs(PROGRESS)
    runs(TrialEnded(SPEC, Outcome(Ending.STOPPED), 0.5, 1, 0.1))
    runs(TrialEnded(replace(SPEC, number=9), Outcome(Ending.STOPPED), None, 0, math.nan))  # never handed out
    runs.close()
    found = kept(folder)
    assert found.keys() == {"search", "trial-0007"} and told == []
    for word in (b"films", b"learning_rate", b"0.0625", b"gat", b"policy", b"ndcg@20", b"0.28125", b"stopped"):
        assert word in found["trial-0007"], word
    assert b"loss" not in found["trial-0007"], "it was no number"
    assert b"search/incumbent" in found["search"] and b"0.3125" in found["search"]


def test_runs_go_on_under_their_ids_after_a_resume(offline: None, tmp_path: Path) -> None:
    names = set()
    for _ in range(2):
        runs = WeightsAndBiases("films", tmp_path / "wandb", tell=lambda event: None)
        runs.close()
        names |= {file.stem for file in (tmp_path / "wandb").glob("wandb/offline-run-*/run-*.wandb")}
    assert len(names) == 1


def test_a_failure_while_showing_is_told_and_the_search_goes_on(offline: None, tmp_path: Path) -> None:
    told = []
    runs = WeightsAndBiases("films", tmp_path / "wandb", tell=told.append)
    runs(TrialStarted(SPEC, None))  # which a config takes, and
    runs(TrialMeasured(7, Measurement(1, {"ndcg@20": "high"}), 0.5))  # this is no number
    runs._thread.join(60)
    runs(PROGRESS)
    runs.close()
    assert [type(event) for event in told] == [PhaseStarted] and told[0].phase == "showing nothing more in wandb"


def test_without_a_key_it_is_told_before_anything_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_IDENTITY_TOKEN_FILE", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    with pytest.raises(GnasRayError, match="tracking: wandb can't begin"):
        WeightsAndBiases("films", tmp_path / "wandb", tell=lambda event: None)

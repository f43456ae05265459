"""What TensorBoard would read of a search."""

import math
import struct
from collections import defaultdict
from pathlib import Path

import pytest
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.plugin_hparams_pb2 import HParamsPluginData

from gnas_ray.core import Ending, Failure, Measurement, Outcome, TrialSpec
from gnas_ray.core.events import PhaseStarted, SearchProgress, TrialEnded, TrialMeasured, TrialPaused, TrialStarted
from gnas_ray.records.tracking.progress import SEARCH
from gnas_ray.records.tracking.tensorboard import TensorBoard

SPEC = TrialSpec(7, {"num_layers": 1, "residual": False}, {"learning_rate": 0.01, "operator": "gat"}, seed=2**62)


def read(folder: Path):
    """Scalars by tag as pairs of step and value, and what the page HPARAMS is told, of all files of a run."""
    scalars, choices = defaultdict(list), {}
    for path in sorted(folder.glob("events.out.tfevents.*")):
        content = path.read_bytes()
        while content:  # length, its checksum, the event, its checksum
            (length,) = struct.unpack("<Q", content[:8])
            event = Event.FromString(content[12 : 12 + length])
            content = content[16 + length :]
            for value in event.summary.value:
                if value.HasField("simple_value"):
                    scalars[value.tag].append((event.step, pytest.approx(value.simple_value, rel=1e-6)))
                told = HParamsPluginData.FromString(value.metadata.plugin_data.content).session_start_info.hparams
                choices |= {
                    name: one.WhichOneof("kind") and getattr(one, one.WhichOneof("kind")) for name, one in told.items()
                }
    return dict(scalars), choices


def measured(epoch: int, **metrics: float) -> TrialMeasured:
    return TrialMeasured(7, Measurement(epoch, metrics), 0.25)


def test_a_run_has_metrics_by_epoch_and_choices_once_the_trial_has_ended(tmp_path: Path) -> None:
    board = TensorBoard(tmp_path)
    board(PhaseStarted("searching"))
    board(TrialStarted(SPEC, "policy"))
    board(measured(1, **{"ndcg@20": 0.25, "loss": 3.0}))
    board(TrialPaused(7, 1, 0.1))
    board.close()
    scalars, choices = read(tmp_path / "trial-0007")
    assert scalars == {"ndcg@20": [(1, 0.25)], "loss": [(1, 3.0)]} and choices == {}
    resumed = TensorBoard(tmp_path)
    resumed(TrialStarted(SPEC, "policy", resumed_from=1))
    resumed(measured(2, **{"ndcg@20": 0.5, "loss": float("nan")}))
    resumed(TrialEnded(SPEC, Outcome(Ending.FINISHED), 0.9, 2, 0.2))
    resumed.close()
    scalars, choices = read(tmp_path / "trial-0007")
    assert sorted(scalars["ndcg@20"], key=lambda pair: pair[0]) == [(1, 0.25), (2, 0.5)]
    assert scalars["loss"] == [(1, 3.0)], "what is no number is no point of a curve"
    assert choices == {
        **{"num_layers": 1.0, "residual": False, "learning_rate": 0.01, "operator": "gat"},
        **{"seed": str(2**62), "ending": "finished"},
    }


def test_what_was_never_handed_out_is_no_run(tmp_path: Path) -> None:
    board = TensorBoard(tmp_path)
    board(TrialEnded(SPEC, Outcome(Ending.FAILED, Failure.WORKER_LOST, "lost"), None, 0, math.nan))
    assert [path.name for path in tmp_path.iterdir()] == [SEARCH]


def test_the_search_has_a_run_by_how_many_trials_have_ended(tmp_path: Path) -> None:
    board = TensorBoard(tmp_path)
    states = {"running": 2, "paused": 1, "finished": 3, "stopped": 4, "failed": 1, "infeasible": 0}
    board(SearchProgress(20, 8, states, {1: 8}, 4, 0.31, float("nan"), 10.0, 20.0))
    board.close()
    scalars, _ = read(tmp_path / SEARCH)
    assert scalars == {
        "search/incumbent": [(8, 0.31)],
        **{f"trials/{state}": [(8, count)] for state, count in states.items()},
    }


def test_a_trial_that_ends_while_it_waits_has_its_choices_too(tmp_path: Path) -> None:
    board = TensorBoard(tmp_path)
    board(TrialStarted(SPEC, "policy"))
    board(measured(1, **{"ndcg@20": 0.25}))
    board(TrialPaused(7, 1, 0.1))
    board(TrialEnded(SPEC, Outcome(Ending.STOPPED), 0.5, 1, 0.1))
    board.close()
    scalars, choices = read(tmp_path / "trial-0007")
    assert scalars == {"ndcg@20": [(1, 0.25)]} and choices["ending"] == "stopped"


def test_a_trial_that_ends_after_a_resume_without_going_on_has_its_choices_too(tmp_path: Path) -> None:
    board = TensorBoard(tmp_path)
    for event in (TrialStarted(SPEC, "policy"), measured(1, **{"ndcg@20": 0.25}), TrialPaused(7, 1, 0.25)):
        board(event)
    board.close()
    resumed = TensorBoard(tmp_path)
    resumed(TrialEnded(SPEC, Outcome(Ending.STOPPED), 0.5, 1, 0.25))
    resumed.close()
    scalars, choices = read(tmp_path / "trial-0007")
    assert scalars == {"ndcg@20": [(1, 0.25)]} and choices["ending"] == "stopped"

"""A search on real Ray whose trials wait at a rung, and go on from their checkpoints."""

from pathlib import Path

import pytest

from gnas_ray.core.events import Event, TrialEnded, TrialMeasured, TrialPaused, TrialStarted
from gnas_ray.driver.preparation import prepare_task
from gnas_ray.driver.search import search
from gnas_ray.experiment import load_experiment
from gnas_ray.records.folder import ExperimentFolder
from gnas_ray.records.reading import read_ledger
from gnas_ray.training import train
from tests.driver.small_experiment import write_small_experiment

pytestmark = pytest.mark.ray
SCHEDULER = "scheduler={grace_period: 2, reduction_factor: 2, max_epochs: 5, promote: true}"  # rungs 2, 4, 5
CLOCKS = {"epoch_seconds", "samples_per_second", "latency_ms", "peak_memory_bytes"}


def numbers(measurements):
    return [{name: value for name, value in m.metrics.items() if name not in CLOCKS} for m in measurements]


def test_a_promoted_trial_goes_on_from_its_checkpoint_with_the_numbers_of_one_that_never_paused(
    ray_cluster, tmp_path: Path
):
    path = write_small_experiment(tmp_path, trials=4)
    experiment = load_experiment(path, [SCHEDULER, "resources.concurrent_trials=2", "training.checkpoint_every=3"])
    folder = ExperimentFolder(tmp_path / "run")
    folder.root.mkdir()
    folder.experiment.write_text(experiment.to_yaml())
    heard: list[Event] = []
    search(experiment, folder.root, listener=heard.append)

    _, ledger = read_ledger(folder.root)
    records = ledger.trials()
    promoted = [record for record in records if record.fidelity > 2]
    # Of two at the rung one goes on, of four two; a third where the better ones came later.
    assert 2 <= len(promoted) <= 3 and max(record.fidelity for record in records) == 5
    assert all([m.fidelity for m in r.measurements] == list(range(1, r.fidelity + 1)) for r in records)
    assert {record.state for record in records} == {"finished", "stopped"}
    task = prepare_task(experiment, heard.append)
    for record in promoted:
        starts = [e.resumed_from for e in heard if isinstance(e, TrialStarted) and e.spec == record.spec]
        assert starts in ([0, 2], [0, 2, 4])
        kinds = [
            type(e) for e in heard if getattr(e, "number", None) == record.number and not isinstance(e, TrialMeasured)
        ]
        num_pauses = len(starts) - (record.state == "finished")
        assert kinds == [*[TrialPaused] * num_pauses, TrialEnded]
        whole = list(train(record.spec, task))
        assert numbers(record.measurements) == numbers(whole[: record.fidelity])
    assert list(folder.checkpoints.iterdir()) == [], "no checkpoint outlives its trial"

"""What a search does around its trials."""

from pathlib import Path

import pytest
import yaml

from gnas_ray.core import Ending, Measurement, Outcome, RungLadder, UsageError
from gnas_ray.core.events import Event, PhaseStarted, TrialEnded
from gnas_ray.driver.endings import end_what_is_left
from gnas_ray.driver.pipeline import run_search
from gnas_ray.driver.search import forget_ended, search
from gnas_ray.experiment import load_experiment
from gnas_ray.records.folder import ExperimentFolder
from gnas_ray.records.reading import read_ledger
from gnas_ray.search.assemble import open_session
from gnas_ray.search.simulate import VirtualClock
from tests.driver.small_experiment import write_small_experiment
from tests.search.searches import open_search


def test_a_search_killed_and_resumed_with_its_time_spent_ends_what_ran_and_starts_no_ray(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("GNAS_RAY_HOME", str(tmp_path / "home"))
    experiment = load_experiment(write_small_experiment(tmp_path), ["budget.minutes=1"])
    folder = ExperimentFolder(tmp_path / "run")
    folder.root.mkdir()
    folder.experiment.write_text(experiment.to_yaml())
    clock = VirtualClock()
    with open_session(experiment, folder.ledger, clock=clock) as session:
        spec = session.ask()
        clock.now = 61.0
        session.observe(spec.number, Measurement(1, {"ndcg@10": 0.5}))
        checkpoint = folder.checkpoints / spec.name
    checkpoint.mkdir(parents=True)

    heard: list[Event] = []
    search(experiment, folder.root, listener=heard.append)
    outcome = Outcome(Ending.STOPPED, detail="the time budget was spent")
    assert [event for event in heard if isinstance(event, TrialEnded)] == [TrialEnded(spec, outcome, None, 1, 0.5)]
    assert {event.phase for event in heard if isinstance(event, PhaseStarted)} == {"preparing data"}
    assert not checkpoint.exists(), "nobody goes on from it"
    _, ledger = read_ledger(folder.root)
    assert [record.outcome for record in ledger.trials()] == [outcome]


def test_what_had_come_to_its_end_when_the_search_was_cut_off_is_told_of(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("GNAS_RAY_HOME", str(tmp_path / "home"))
    experiment = load_experiment(write_small_experiment(tmp_path), ["budget.trials=1", "budget.minutes=60"])
    folder = ExperimentFolder(tmp_path / "run")
    folder.root.mkdir()
    folder.experiment.write_text(experiment.to_yaml())
    with open_session(experiment, folder.ledger) as session:
        number = session.ask().number
        for epoch in range(1, experiment.rungs.max_epochs + 1):
            session.observe(number, Measurement(epoch, {"ndcg@10": 0.1 * epoch}))
    heard: list[Event] = []
    search(experiment, folder.root, listener=heard.append)
    (ended,) = [event for event in heard if isinstance(event, TrialEnded)]
    assert ended.outcome.ending is Ending.FINISHED
    assert (ended.number, ended.epochs, ended.reward) == (number, experiment.rungs.max_epochs, 0.5)


def test_checkpoints_of_trials_that_ended_go_while_the_search_goes_on_but_not_the_last_ones(tmp_path: Path):
    folder, session = ExperimentFolder(tmp_path), open_search()
    specs = [session.ask() for _ in range(5)]
    names = [spec.name for spec in specs]
    for name in names:
        (folder.checkpoints / name).mkdir(parents=True)
    hear = forget_ended(session, folder, lag=2)
    left = []
    for number in (3, 0, 4, 1):
        hear(TrialEnded(specs[number], Outcome(Ending.STOPPED), None, 1, 0.5))
        left.append(sorted(path.name for path in folder.checkpoints.iterdir()))
    assert left == [names, names, [*names[:3], names[4]], [names[1], names[2], names[4]]]


def test_what_waits_when_the_search_is_over_ends_without_a_word_of_time():
    session = open_search(rungs=RungLadder(1, 3, 9, promote=True), max_trials=2)
    while (spec := session.ask()) is not None:  # of two nobody is the best third, but one trains whole
        until = session.until(spec.number) or 9
        session.observe(spec.number, Measurement(until, {"ndcg@20": 0.1 * spec.number}))
        session.tell(spec.number, Outcome(Ending.FINISHED))
    end_what_is_left(session, lambda event: None)
    assert [record.outcome for record in session.ledger.trials()] == [
        Outcome(Ending.STOPPED),
        Outcome(Ending.FINISHED),
    ]


def test_a_search_that_the_cluster_has_no_room_for_leaves_its_folder_to_another(
    ray_cluster, tmp_path: Path, monkeypatch
):
    monkeypatch.setenv("GNAS_RAY_HOME", str(tmp_path / "home"))
    file = write_small_experiment(tmp_path)
    for cpus in (64, 65):  # the second is not told that an experiment is here already
        experiment = load_experiment(file, [f"resources.cpus_per_trial={cpus}"])
        with pytest.raises(UsageError, match=rf"one trial needs 1 x \({cpus} CPU\)"):
            run_search(experiment, tmp_path / "run", listener=lambda event: None)


def test_members_that_are_the_same_recommender_are_trained_once(ray_cluster, tmp_path: Path, monkeypatch):
    """Of layers that hear nobody, whatever the neighbours."""
    monkeypatch.setenv("GNAS_RAY_HOME", str(tmp_path / "home"))
    file = write_small_experiment(tmp_path, trials=5, epochs=3)
    written = yaml.safe_load(file.read_text())
    layer = {"operator": ["none"], "activation": ["none"], "residual": [False]}
    written["space"] = {
        "decisions": {
            "num_layers": [1, 2],
            "layer": {"times": "num_layers", "decisions": layer},
            "neighbour_cap": [0, 5, 10],
        },
        "hyperparameters": {"batch_size": [1024]},
    }
    file.write_text(yaml.safe_dump(written, sort_keys=False))
    experiment = load_experiment(file)
    assert experiment.search_space.num_architectures() == 6
    folder = ExperimentFolder(tmp_path / "run")
    folder.root.mkdir()
    folder.experiment.write_text(experiment.to_yaml(), encoding="utf-8")
    search(experiment, folder.root, listener=lambda event: None)
    records = read_ledger(folder.root)[1].trials()
    assert sorted(record.spec.architecture["num_layers"] for record in records) == [1, 2]

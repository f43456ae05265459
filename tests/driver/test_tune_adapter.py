"""What Tune is told, and what it may not learn: errors of ours. Without Ray running."""

import asyncio
import math
from types import SimpleNamespace

import pytest

from gnas_ray.core import Ending, Failure, Measurement, Outcome
from gnas_ray.core.events import TrialEnded
from gnas_ray.driver.cluster import GroupResources, num_processes
from gnas_ray.driver.switchboard import Order, Switchboard
from gnas_ray.driver.trial_slot import measurement_to_result
from gnas_ray.driver.tune_adapter import Fault, SearchStopper, SessionScheduler, SessionSearcher
from gnas_ray.driver.waiting import PlaceWatch
from gnas_ray.search.simulate import VirtualClock
from tests.search.searches import open_search

FULL = OSError(28, "No space left on device")


class Tune:
    """The three as a run makes them, over one session."""

    def __init__(self, listener=lambda event: None):
        self.session, self.fault = open_search(), Fault()
        watch = PlaceWatch(lambda: 0, listener)
        self.stopper = SearchStopper(self.session, fault=self.fault, watch=watch)
        self.scheduler = SessionScheduler(self.session, listener=listener, fault=self.fault)
        self.searcher = SessionSearcher(self.session, payload_of=lambda spec: {}, listener=listener, fault=self.fault)

    def start(self):
        return SimpleNamespace(
            config=self.searcher.suggest("x"),
            run_metadata=SimpleNamespace(metric_analysis={"metric": {}}, metric_n_steps={"metric": {}}),
            get_error=lambda: "whatever Tune made of it",
        )


def fail(*_, **__):
    raise FULL


def test_watchers_hear_of_a_trial_that_a_tighter_limit_ends_after_a_resume(tmp_path):
    with open_search(tmp_path / "ledger.log") as session:
        spec = session.ask()
    heard = []
    too_large = Outcome(Ending.INFEASIBLE, detail="too large", violation=1.0)
    with open_search(tmp_path / "ledger.log", check=lambda spec: too_large if spec.number == 0 else None) as session:
        searcher = SessionSearcher(session, payload_of=lambda spec: {}, listener=heard.append, fault=Fault())
        searcher.suggest("x")
    ended = [event for event in heard if isinstance(event, TrialEnded)]
    assert ended == [TrialEnded(spec, too_large, None, epochs=0, best=math.nan)]


def test_an_error_of_the_ledger_is_not_the_trials_and_ends_the_run(monkeypatch):
    tune = Tune()
    trial = tune.start()
    result = measurement_to_result(Measurement(1, {"ndcg@20": 0.5}))
    assert tune.scheduler.on_trial_result(None, trial, result) == SessionScheduler.CONTINUE
    assert not tune.stopper.stop_all()
    monkeypatch.setattr(tune.session.ledger, "end", fail)
    tune.scheduler.on_trial_complete(None, trial, {})
    monkeypatch.undo()
    tune.scheduler.on_trial_error(None, trial)  # as Tune does after any error in the call before
    assert tune.session.ledger.trial(0).outcome is None, "a resume goes on with it"
    assert tune.fault.error is FULL and tune.stopper.stop_all()
    assert tune.fault.describe() == "OSError: [Errno 28] No space left on device"
    assert tune.searcher.suggest("y") == "FINISHED"
    assert tune.scheduler.on_trial_result(None, trial, result) == SessionScheduler.CONTINUE


def test_an_error_of_who_listens_ends_the_run_and_the_trial_is_what_it_was(monkeypatch):
    heard = []
    tune = Tune(lambda event: fail() if heard else None)
    trial = tune.start()
    tune.scheduler.on_trial_result(None, trial, measurement_to_result(Measurement(1, {"ndcg@20": 0.5})))
    heard.append("the disk is full now")
    tune.scheduler.on_trial_complete(None, trial, {})
    tune.scheduler.on_trial_error(None, trial)
    assert tune.session.ledger.trial(0).outcome == Outcome(Ending.STOPPED)
    assert tune.fault.error is FULL and tune.stopper.stop_all()


def test_what_can_only_be_our_mistake_is_told_with_where_it_was():
    fault = Fault()
    with fault.kept():
        raise KeyError("no such thing")
    assert "test_tune_adapter.py" in fault.describe() and "KeyError: 'no such thing'" in fault.describe()


@pytest.mark.parametrize(
    ("cpus", "gpus", "node", "fits"),
    [
        (2, 0, {"CPU": 7.0}, 3),
        (0.5, 0.25, {"CPU": 4.0, "GPU": 2.0}, 8),
        (1, 0.6, {"CPU": 8.0, "GPU": 2.0}, 2),  # a process is on one GPU
        (1, 0.1, {"CPU": 64.0, "GPU": 1.0}, 10),
        (1, 2, {"CPU": 8.0, "GPU": 5.0}, 2),
        (1, 1, {"CPU": 8.0}, 0),
        (16, 0, {"CPU": 8.0}, 0),
    ],
)
def test_processes_are_counted_by_the_node(cpus, gpus, node, fits):
    assert num_processes(GroupResources(1, cpus, gpus), node) == fits


def test_who_has_ordered_and_was_never_asked_for_it_waits_for_a_group():
    async def waiting():
        board, order = Switchboard(), Order(0, {})
        await board.give("here", order)
        await board.give("nowhere", order)
        assert await board.next_order("here") is order
        return [await board.num_unmanned(seconds) for seconds in (-1.0, 60.0)]

    assert asyncio.run(waiting()) == [1, 0]


def test_that_groups_wait_for_a_place_is_told_once_and_so_is_that_none_does(monkeypatch):
    monkeypatch.setattr("gnas_ray.driver.waiting.describe_free", lambda: "0 CPU, 1 GPU")
    counts, clock, heard = iter((0, 1, 1, 3, 0, 0)), VirtualClock(), []
    watch = PlaceWatch(lambda: next(counts), heard.append, clock=clock)
    for clock.now in range(0, 62):
        watch.look()
    assert [(event.phase, event.detail) for event in heard] == [
        ("waiting for a place", "a worker group has had none for a minute; the cluster has 0 CPU, 1 GPU free"),
        ("waiting for a place", "3 worker groups have had none for a minute; the cluster has 0 CPU, 1 GPU free"),
        ("searching", "every worker group has a place"),
    ]


def test_a_slot_whose_actor_was_lost_has_lost_its_worker():
    tune = Tune()
    tune.scheduler.on_trial_error(None, tune.start())
    outcome = tune.session.ledger.trial(0).outcome
    assert (outcome.failure, outcome.detail) == (Failure.WORKER_LOST, "whatever Tune made of it")

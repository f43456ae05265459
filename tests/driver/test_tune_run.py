"""Whole searches on real Ray, with work that does as its trial's quality says."""

import os
import signal
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from ray.util import placement_group_table

from gnas_ray.controllers import CONTROLLERS
from gnas_ray.core import Ending, Failure, Measurement, Objectives, Outcome, RungLadder
from gnas_ray.core.events import Event, SearchProgress, TrialEnded, TrialMeasured, TrialStarted
from gnas_ray.driver.cluster import Placement, plan_placement
from gnas_ray.driver.switchboard import Order
from gnas_ray.driver.tune_run import TuneRun
from gnas_ray.driver.work import pack, unpack
from gnas_ray.driver.worker_group import GroupResources
from gnas_ray.experiment import PriorMember
from gnas_ray.ledger import Ledger
from gnas_ray.records.events import tell_all
from gnas_ray.rewards import REWARDS
from gnas_ray.search import SearchPlan, SearchSession
from gnas_ray.searchers import SEARCHERS
from gnas_ray.space import Decision, Float, SearchSpace
from gnas_ray.surrogates import SURROGATES
from tests.driver.waiting import wait_until_free

pytestmark = pytest.mark.ray
MAX_EPOCHS = 9
CUT_OFF = "the time budget was spent"


def follow_the_architecture(order: Order) -> Generator[Measurement]:
    """Quality as decided, and the accident that was decided, after the first epoch."""
    spec, _ = unpack(order.payload)
    for epoch in range(1, MAX_EPOCHS + 1):
        yield Measurement(epoch, {"ndcg@20": 1.0 - 0.01 * spec.architecture["place"], "pid": float(os.getpid())})
        time.sleep(0.05)
        match spec.architecture["accident"]:
            case "exception":
                raise KeyError("no such thing")
            case "nan":
                raise FloatingPointError("loss is NaN")
            case "memory":
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
            case "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "slow":
                time.sleep(1)


class ClockFromTrial2:
    """Seconds since trial 2 first measured, 0 before: what groups take to start does not count."""

    def __init__(self) -> None:
        self._began: float | None = None

    def __call__(self) -> float:
        return time.monotonic() - self._began if self._began else 0.0

    def hear(self, event: Event) -> None:
        if isinstance(event, TrialMeasured) and event.number == 2 and not self._began:
            self._began = time.monotonic()


def search(
    folder: Path, members: list[dict], *, slots: int, max_seconds: float | None = None
) -> tuple[SearchSession, list[Event]]:
    """Runs `members` in their order; the session as it ended, and what was heard."""
    accidents = ("none", "exception", "nan", "memory", "killed", "slow")
    clock = ClockFromTrial2()
    space = SearchSpace((Decision("place", tuple(range(20))), Decision("accident", accidents)), (Float("x", 0.0, 1.0),))
    ledger = Ledger.open(
        folder / "ledger.log", space=space, name="tests", objectives=Objectives("ndcg@20"), clock=clock
    )
    prior = [PriorMember("", {"accident": "none", **member}, {}) for member in members]
    session = SearchSession(
        ledger,
        controller=CONTROLLERS["uniform"](space, seed=0),
        searcher=SEARCHERS["tpe"](space, ledger=ledger),
        surrogate=SURROGATES["none"](space),
        reward=REWARDS["rung_rank"](),
        plan=SearchPlan(RungLadder(1, 3, MAX_EPOCHS), max_trials=len(members), prior=prior, max_seconds=max_seconds),
    )
    heard: list[Event] = []
    placement = Placement(GroupResources(), slots)
    run = TuneRun("tests", folder, placement, follow_the_architecture, lambda spec: pack(spec, None))
    run.run(session, tell_all(heard.append, clock.hear))
    return session, heard


def test_ten_stopped_trials_on_two_slots_give_all_resources_back(ray_cluster, tmp_path):
    before = wait_until_free(ray_cluster)
    session, heard = search(tmp_path, [{"place": place} for place in range(14)], slots=2)
    ledger = session.ledger
    states = [record.state for record in ledger.trials()]
    # Until three have come to a rung nobody is stopped there; a slot that starts late makes it three that finish.
    assert states[0] == "finished" and states.count("stopped") >= 10
    assert wait_until_free(ray_cluster) == before
    assert {group["state"] for group in placement_group_table().values()} == {"REMOVED"}
    processes = {e.measurement.metrics["pid"] for e in heard if isinstance(e, TrialMeasured)}
    assert len(processes) == 2, "each slot kept its group through all its trials"
    epochs = {record.number: record.fidelity for record in ledger.trials()}
    assert all(epochs[r.number] == 1 for r in ledger.trials() if r.state == "stopped" and r.number > 2)


def test_every_kind_of_failure_ends_its_trial_only(ray_cluster, tmp_path):
    accidents = {
        "exception": Failure.EXCEPTION,
        "nan": Failure.NAN,
        "memory": Failure.OUT_OF_MEMORY,
        "killed": None,  # after it had reached the first rung, so what it measured stands
    }
    members = [{"place": 0}, *({"place": 1, "accident": accident} for accident in accidents), {"place": 0}]
    members = [{**member, "place": 10 - place} for place, member in enumerate(members)]
    session, heard = search(tmp_path, members, slots=1)
    records = session.ledger.trials()
    failures = [record.outcome.failure for record in records]
    assert failures == [None, *accidents.values(), None]
    assert all(record.fidelity == 1 and record.outcome.detail for record in records[1:-1])
    assert records[4].outcome == Outcome(Ending.STOPPED, detail="its worker was lost after epoch 1")
    assert (records[0].state, records[-1].state) == ("finished", "finished"), "the slot went on"
    rewards = {event.number: event.reward for event in heard if isinstance(event, TrialEnded)}
    assert [rewards[number] is None for number in range(6)] == [False, True, True, True, False, False]


def test_trials_that_the_time_budget_cuts_off_end_for_ledger_and_watchers_alike(ray_cluster, tmp_path):
    members = [{"place": 0}, *[{"place": 0, "accident": "slow"}] * 4]  # equals promote each other
    session, heard = search(tmp_path, members, slots=2, max_seconds=2.5)
    assert session.ledger.clock() < 2.5 + 20, "it ends soon after its time"
    records = session.ledger.trials()
    cut_off = [record for record in records if record.outcome == Outcome(Ending.STOPPED, detail=CUT_OFF)]
    assert records[0].state == "finished" and len(cut_off) == 2 and len(records) == 3
    assert 0 < records[2].fidelity < MAX_EPOCHS, "it was training"
    begun = [event.spec.number for event in heard if isinstance(event, TrialStarted)]
    ended = {event.number: (event.outcome, event.reward) for event in heard if isinstance(event, TrialEnded)}
    assert begun == [0, 1, 2] and sum(isinstance(event, TrialEnded) for event in heard) == 3
    assert ended == {record.number: (record.outcome, record.reward) for record in records}
    last = heard[-1]
    assert isinstance(last, SearchProgress)
    assert last.by_state == {"running": 0, "finished": 1, "stopped": 2, "failed": 0, "infeasible": 0}
    assert session.incumbent is not None and session.incumbent.measurements
    assert session.is_over


def test_placement_fills_the_cluster_with_fractions_of_gpus(ray_cluster):
    placement = plan_placement(concurrent_trials=None, num_workers=1, cpus=0.5, gpus=0.25)
    assert placement == Placement(GroupResources(1, 0.5, 0.25), 8)
    assert plan_placement(concurrent_trials=3, num_workers=2, cpus=1, gpus=0).concurrent_trials == 2
    assert plan_placement(concurrent_trials=None, num_workers=1, cpus=1, gpus=None).group.gpus == 1


def test_a_trial_too_big_for_the_cluster_is_refused_before_anything_starts(ray_cluster):
    from gnas_ray.core import UsageError

    with pytest.raises(
        UsageError, match=r"one trial needs 3 x \(1 CPU, 1 GPU\), each on one node; the nodes have 4 CPU, 2 GPU"
    ):
        plan_placement(concurrent_trials=None, num_workers=3, cpus=1, gpus=1)

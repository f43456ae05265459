import os
import signal
import threading
import time
from collections.abc import Generator

import pytest
import ray
from ray.util import placement_group_table

from gnas_ray.core import Ending, Failure, Measurement, Outcome
from gnas_ray.driver.switchboard import Order, open_switchboard
from gnas_ray.driver.worker import DETAIL_LINES, _failed, _is_poisoned, classify
from gnas_ray.driver.worker_group import GroupResources, GroupSettings, WorkerGroup, WorkerGroupLostError
from tests.driver.waiting import free_resources, wait_until_free

pytestmark = pytest.mark.ray


def obey(order: Order) -> Generator[Measurement]:
    """Does what the payload says, measuring its process' id."""
    for epoch in range(1, order.payload.get("epochs", 1) + 1):
        yield Measurement(epoch, {"pid": float(os.getpid())})
        time.sleep(order.payload.get("seconds", 0.0))
    raise_ = {"nan": FloatingPointError("loss is NaN"), "memory": MemoryError("no memory left"), "bug": KeyError("x")}
    if (what := order.payload.get("raise")) is not None:
        raise raise_[what]


def sum_over_ranks(order: Order) -> Generator[Measurement]:
    import torch
    import torch.distributed

    value = torch.tensor([float(torch.distributed.get_rank() + 1)])
    torch.distributed.all_reduce(value)
    yield Measurement(1, {"sum": value.item()})


def fail_on_rank_1(order: Order) -> Generator[Measurement]:
    import torch.distributed

    if torch.distributed.get_rank() == 1 and order.payload.get("fail"):
        raise ValueError("only rank 1 fails")
    yield from sum_over_ranks(order)


def run(group: WorkerGroup, number: int, **payload) -> tuple[list[Measurement], Outcome]:
    group.submit(Order(number, payload))
    measured = []
    while True:
        event = group.next_event()
        assert event.number == number
        if isinstance(event.said, Outcome):
            return measured, event.said
        measured.append(event.said)


@pytest.fixture(scope="module")
def switchboard(ray_cluster):
    with open_switchboard("tests") as board:
        yield board


@pytest.fixture(scope="module")
def group(switchboard, tmp_path_factory):
    settings = GroupSettings("tests", switchboard, obey, GroupResources(), tmp_path_factory.mktemp("ray"))
    group = WorkerGroup(settings)
    yield group
    group.close()


def test_one_process_works_on_order_after_order(group):
    pids = {measured[0].metrics["pid"] for measured, _ in (run(group, number) for number in range(3))}
    assert len(pids) == 1


def test_what_an_abandoned_group_reserved_is_free_when_its_switchboard_closes(ray_cluster, tmp_path):
    def reserved():
        return {key for key, group in placement_group_table().items() if group["state"] == "CREATED"}

    before = reserved()
    with open_switchboard("abandoned") as board:
        group = WorkerGroup(GroupSettings("abandoned", board, obey, GroupResources(), tmp_path))
        run(group, 0)
        assert len(reserved() - before) == 1
    assert not reserved() - before
    group.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("abandoned")]


@pytest.mark.parametrize(
    ("what", "failure"), [("nan", Failure.NAN), ("memory", Failure.OUT_OF_MEMORY), ("bug", Failure.EXCEPTION)]
)
def test_a_failure_ends_its_order_only(group, what, failure):
    (before,), _ = run(group, 10)
    measured, outcome = run(group, 11, **{"raise": what})
    assert (outcome.ending, outcome.failure) == (Ending.FAILED, failure)
    assert "obey" in outcome.detail, "the detail shows where it happened"
    (after,), ending = run(group, 12)
    assert ending == Outcome(Ending.FINISHED)
    assert before.metrics == after.metrics == measured[0].metrics


def test_a_stopped_order_frees_the_group_at_its_next_epoch(group):
    group.submit(Order(20, {"epochs": 1000, "seconds": 0.5}))
    first = group.next_event()
    group.stop(20)
    heard = [first.said]
    while not isinstance(heard[-1], Outcome):
        heard.append(group.next_event().said)
    assert heard[-1] == Outcome(Ending.STOPPED)
    assert len(heard) <= 4, "at most one epoch after the one under way when the stop arrived"


def test_a_killed_process_is_a_lost_group_and_the_next_order_gets_a_new_one(ray_cluster, group):
    (measured,), _ = run(group, 30)
    group.submit(Order(31, {"epochs": 1000, "seconds": 0.2}))
    group.next_event()
    os.kill(int(measured.metrics["pid"]), signal.SIGKILL)
    with pytest.raises(WorkerGroupLostError):
        while True:
            group.next_event()
    (after,), outcome = run(group, 32)
    assert outcome == Outcome(Ending.FINISHED)
    assert after.metrics["pid"] != measured.metrics["pid"]
    group.close()
    assert wait_until_free(ray_cluster)["CPU"] == 4, "the lost group keeps nothing"


class Unstartable(GroupResources):
    @property
    def backend(self) -> str:
        return "no-such-backend"


def test_groups_that_fail_to_start_keep_nothing_reserved(ray_cluster, group, switchboard, storage):
    group.close()
    unstartable = WorkerGroup(GroupSettings("unstartable", switchboard, obey, Unstartable(cpus=3), storage))
    for number in range(2):  # a second one fits only when the first has left
        unstartable.submit(Order(number, {}))
        with pytest.raises(WorkerGroupLostError, match="no-such-backend"):
            unstartable.next_event()
        assert wait_until_free(ray_cluster)["CPU"] == 4
    assert ray.get(switchboard.num_unmanned.remote(0)) == 1, "of the last, till it is closed"
    unstartable.close()
    assert ray.get(switchboard.num_unmanned.remote(0)) == 0


def test_a_group_is_replaced_after_its_share_of_orders(switchboard, storage):
    group = WorkerGroup(GroupSettings("short-lived", switchboard, obey, GroupResources(), storage, max_trials=2))
    pids = [run(group, number)[0][0].metrics["pid"] for number in range(3)]
    group.close()
    assert pids[0] == pids[1] != pids[2]


def test_two_processes_train_together_and_leave_nothing_reserved(ray_cluster, switchboard, group, storage):
    group.close()
    free = wait_until_free(ray_cluster)
    resources = GroupResources(num_workers=2, gpus=0.5)
    pair = WorkerGroup(GroupSettings("pair", switchboard, sum_over_ranks, resources, storage))
    measured, outcome = run(pair, 40)
    reserved = free_resources(ray_cluster)
    assert outcome == Outcome(Ending.FINISHED), outcome.detail
    assert measured[0].metrics["sum"] == 3.0
    assert (free["CPU"] - reserved["CPU"], free["GPU"] - reserved["GPU"]) == (2, 1)
    pair.close()
    assert wait_until_free(ray_cluster) == free


def test_a_failure_of_one_rank_is_told_and_costs_the_next_order_nothing(group, switchboard, storage):
    group.close()
    pair = WorkerGroup(GroupSettings("pair", switchboard, fail_on_rank_1, GroupResources(num_workers=2), storage))
    _, outcome = run(pair, 50, fail=True)
    assert (outcome.ending, outcome.failure) == (Ending.FAILED, Failure.EXCEPTION)
    assert "only rank 1 fails" in outcome.detail
    assert run(pair, 51)[1] == Outcome(Ending.FINISHED)
    pair.close()


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (RuntimeError("CUDA out of memory. Tried to allocate 20 MiB"), Failure.OUT_OF_MEMORY),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate"), Failure.OUT_OF_MEMORY),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"), Failure.OUT_OF_MEMORY),
        (MemoryError(), Failure.OUT_OF_MEMORY),
        (FloatingPointError("loss is NaN"), Failure.NAN),
        (ValueError("bad shape"), Failure.EXCEPTION),
        (ZeroDivisionError("division by zero"), Failure.EXCEPTION),
    ],
)
def test_failures_are_told_apart(error, failure):
    assert classify(error) is failure


def test_of_a_long_failure_the_end_is_kept():
    detail = _failed(ValueError("\n".join(f"line {i}" for i in range(100)))).detail.splitlines()
    assert detail == [f"line {i}" for i in range(100 - DETAIL_LINES, 100)]


def test_after_a_cuda_error_the_process_is_given_up():
    error = RuntimeError("CUDA error: device-side assert triggered")
    assert _is_poisoned(error, _failed(error))

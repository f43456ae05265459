"""A Tune slot and the worker group that it keeps."""

import os
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from gnas_ray.core import Ending, Failure, Measurement, Outcome
from gnas_ray.driver.switchboard import Order, open_switchboard
from gnas_ray.driver.trial_slot import TrialSlot, failure_of_lost_group, result_to_outcome, slot_config
from gnas_ray.driver.worker_group import GroupResources, GroupSettings

pytestmark = pytest.mark.ray


def die_after_an_epoch(order: Order) -> Generator[Measurement]:
    """As often as the file that the payload names has letters."""
    yield Measurement(1, {"ndcg@20": 0.5})
    if (deaths := order.payload.get("deaths")) and (left := Path(deaths).read_text()):
        Path(deaths).write_text(left[1:])
        time.sleep(2)
        os._exit(1)


def test_a_group_lost_under_a_trial_given_up_costs_the_next_one_nothing(ray_cluster, storage, tmp_path):
    def deaths(number):
        file = tmp_path / "deaths"
        file.write_text("x" * number)
        return {"deaths": str(file)}

    with open_switchboard("slot") as board:
        slot = TrialSlot.__new__(TrialSlot)  # as Tune makes it, without Tune's own beginnings
        slot.setup(
            slot_config(0, deaths(1), until=None),
            GroupSettings("slot", board, die_after_an_epoch, GroupResources(), storage),
        )
        assert slot.step()["fidelity"] == 1
        slot.reset_config(slot_config(1, {}, until=None))
        assert slot.step()["fidelity"] == 1
        assert result_to_outcome(slot.step()) == Outcome(Ending.FINISHED)

        slot.reset_config(slot_config(2, deaths(1), until=None))
        assert [slot.step()["fidelity"] for _ in range(2)] == [1, 1], "it begins again"
        assert result_to_outcome(slot.step()) == Outcome(Ending.FINISHED)

        slot.reset_config(slot_config(3, deaths(2), until=None))
        assert [slot.step()["fidelity"] for _ in range(2)] == [1, 1]
        outcome = result_to_outcome(slot.step())
        assert (outcome.ending, outcome.failure) == (Ending.FAILED, Failure.WORKER_LOST), "lost twice"
        slot.cleanup()


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("Task was killed due to the node running low on memory.", Failure.OUT_OF_MEMORY),
        ("The process is killed by SIGKILL by OOM killer due to high memory usage.", Failure.WORKER_LOST),
    ],
)
def test_only_rays_memory_monitor_means_out_of_memory(text, failure):
    assert failure_of_lost_group(text) is failure

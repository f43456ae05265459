"""A Tune slot and the worker group that it keeps."""

import os
import time
from collections.abc import Generator

import pytest

from gnas_ray.core import Ending, Failure, Measurement, Outcome
from gnas_ray.driver.switchboard import Order, open_switchboard
from gnas_ray.driver.trial_slot import TrialSlot, result_to_outcome, slot_config
from gnas_ray.driver.worker_group import GroupResources, GroupSettings

pytestmark = pytest.mark.ray


def die_after_an_epoch(order: Order) -> Generator[Measurement]:
    yield Measurement(1, {"ndcg@20": 0.5})
    if order.payload.get("dies"):
        time.sleep(2)
        os._exit(1)


def test_a_group_lost_under_a_trial_given_up_costs_the_next_one_nothing(ray_cluster, storage):
    with open_switchboard("slot") as board:
        slot = TrialSlot.__new__(TrialSlot)  # as Tune makes it, without Tune's own beginnings
        slot.setup(
            slot_config(0, {"dies": True}, until=None),
            GroupSettings("slot", board, die_after_an_epoch, GroupResources(), storage),
        )
        assert slot.step()["fidelity"] == 1
        slot.reset_config(slot_config(1, {}, until=None))
        assert slot.step()["fidelity"] == 1
        assert result_to_outcome(slot.step()) == Outcome(Ending.FINISHED)

        slot.reset_config(slot_config(2, {"dies": True}, until=None))
        assert slot.step()["fidelity"] == 1
        outcome = result_to_outcome(slot.step())
        assert (outcome.ending, outcome.failure) == (Ending.FAILED, Failure.WORKER_LOST), "its own loss is its own"
        slot.cleanup()

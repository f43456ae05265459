"""Orders worked off by groups that are lost or fail."""

import pytest

from gnas_ray.core import Ending, Failure, Measurement, Outcome
from gnas_ray.driver.crew import OrderFailedError, work_off
from gnas_ray.driver.switchboard import Order, WorkerEvent
from gnas_ray.driver.worker_group import WorkerGroupLostError

ONE, TWO = (Measurement(epoch, {"loss": 1.0}) for epoch in (1, 2))
LOST, FINISHED = WorkerGroupLostError("gone"), Outcome(Ending.FINISHED)


def group_that(says):
    """A group that says, at each try of an order, what is listed; an exception is its loss."""

    class Group:
        def __init__(self, settings):
            self.number, self.said = -1, iter(())

        def submit(self, order):
            self.number, self.said = order.number, iter(says[order.number].pop(0))

        def next_event(self):
            said = next(self.said)
            if isinstance(said, Exception):
                raise said
            return WorkerEvent(self.number, said)

        def close(self):
            """Nothing to free."""

    return Group


def work(monkeypatch, *tries):
    monkeypatch.setattr("gnas_ray.driver.crew.WorkerGroup", group_that({0: list(tries)}))
    return work_off([Order(0, {})], None, num_groups=1, heard=lambda *_: None, names=["trial-0000"])


def test_an_order_whose_group_is_lost_is_tried_once_more(monkeypatch):
    assert work(monkeypatch, [ONE, LOST], [ONE, TWO, FINISHED]) == {0: TWO}


@pytest.mark.parametrize(
    ("tries", "said"),
    [
        ([[LOST], [ONE, LOST]], "trial-0000 lost its worker twice"),
        ([[Outcome(Ending.FAILED, Failure.NAN, "loss is NaN")]], "trial-0000 ended as nan:\nloss is NaN"),
    ],
)
def test_what_can_not_be_done_is_told_by_name(monkeypatch, tries, said):
    with pytest.raises(OrderFailedError, match=said):
        work(monkeypatch, *tries)

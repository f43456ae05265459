"""The mailbox by itself, without Ray."""

import asyncio

from gnas_ray.core import Measurement
from gnas_ray.driver.switchboard import Order, Switchboard, WorkerEvent


def test_the_last_words_of_a_group_whose_line_was_dropped_open_none():
    """A line that nobody answers would count as orders that wait for a place on the cluster."""

    async def talk():
        switchboard = Switchboard()
        await switchboard.give("line", Order(7, {}))
        assert (await switchboard.next_order("line")).number == 7
        event = WorkerEvent(7, Measurement(1, {"ndcg@20": 0.1}))
        assert await switchboard.say("line", event)
        await switchboard.forget("line")
        assert not await switchboard.say("line", event)
        assert await switchboard.lines() == []
        assert await switchboard.num_unmanned(seconds=0) == 0

    asyncio.run(talk())

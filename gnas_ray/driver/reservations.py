"""What a worker group reserves on the cluster, and how it is freed when nobody else does."""

from __future__ import annotations

import ray
from ray.util.placement_group import PlacementGroup, placement_group_table, remove_placement_group

_MARKS = 16 << 20
"""Bytes; so much memory more or less is no matter."""


def mark_of(line: str) -> int:
    """Bytes of memory that each process of the group on `line` reserves, to be known by; a line ends in eight digits
    of chance, base 16.
    """
    return 1 + int(line[-8:], 16) % _MARKS


def release(line: str) -> None:
    """Removes the placement group of the worker group on `line`, should it still be there.

    Ray Train (2.60) leaves it to nobody when a group fails between its placement and its training (no process group,
    say): `WorkerGroup._start` shuts nothing down, and the cleaner has not heard of it yet. It does so too when a
    group's owner is killed while several Ray clusters run on the machine: the cleaner asks the state API for the
    controller without saying of which cluster, and dies of the answer. A placement group's table has neither its owner
    nor a name, so we know it by the odd bytes it reserves.
    """
    mark = mark_of(line)
    for key, group in placement_group_table().items():
        is_there = group["state"] != "REMOVED"
        if is_there and any(bundle.get("memory") == mark for bundle in group["bundles"].values()):
            remove_placement_group(PlacementGroup(ray.PlacementGroupID(bytes.fromhex(key))))

"""Splits by the name the user writes.

To add one: a file beside `by_time.py` with a `Split`, and its line in `SPLITS`.
"""

from gnas_ray.core.family import Family
from gnas_ray.data.splits.base import PART_NAMES, TEST, TRAIN, VALID, Split
from gnas_ray.data.splits.by_time import ByTime
from gnas_ray.data.splits.cold_start_items import ColdStartItems
from gnas_ray.data.splits.leave_last_out import LeaveLastOut
from gnas_ray.data.splits.random_by_user import RandomByUser

SPLITS: Family[type[Split]] = Family(
    "splits",
    {
        "random_by_user": RandomByUser,
        "leave_last_out": LeaveLastOut,
        "by_time": ByTime,
        "cold_start_items": ColdStartItems,
    },
)

__all__ = [
    "PART_NAMES",
    "SPLITS",
    "TEST",
    "TRAIN",
    "VALID",
    "ByTime",
    "ColdStartItems",
    "LeaveLastOut",
    "RandomByUser",
    "Split",
]

"""What a user should know of their prepared data before they search."""

from __future__ import annotations

from gnas_ray.data.datasets.files import Files
from gnas_ray.data.options import DataOptions
from gnas_ray.data.prepared import PreparedData
from gnas_ray.data.schema import ITEM_ID, TEXT, USER_ID
from gnas_ray.data.splits.leave_last_out import LeaveLastOut


def remarks(data: PreparedData, options: DataOptions) -> list[str]:
    """A line for each thing that is no mistake, but perhaps not what was meant; none where all is as one would think.

    Args:
        data: As `options` say.
        options: Of the experiment.
    """
    told = []
    lacking = data.report.items_without_text
    if data.num_items > lacking > data.num_items / 2:  # where none has one, none may be meant to
        told.append(f"{lacking:,} of {data.num_items:,} items have no text")
    if isinstance(options.split_rule, LeaveLastOut) and data.train.timestamp is None:
        told.append("no timestamps: a user's last interaction is the one that comes last in the file")
    columns = [f"{name} of interactions" for name in data.train.extra]
    columns += [f"{name} of items" for name in data.items.column_names if name not in (ITEM_ID, TEXT)]
    columns += [f"{name} of users" for name in data.users.column_names if name != USER_ID]
    if columns and isinstance(options.dataset, Files):  # what a user chose to give
        told.append(f"kept with the data, but read by no member: {', '.join(columns)}")
    return told

"""Raw data to the tables of a prepared folder: checked, filtered, numbered, split, checked again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gnas_ray.core import Problem, UsageError
from gnas_ray.data.checks import check_tables, unknown_id_mask
from gnas_ray.data.filters import apply_filters
from gnas_ray.data.leakage import find_leaks
from gnas_ray.data.log import Ids, Log, collect_ids, to_log
from gnas_ray.data.options import DataOptions
from gnas_ray.data.prepared import EXTRA_PREFIX, ITEM_INDEX, USER_INDEX
from gnas_ray.data.report import Count, PreparationReport
from gnas_ray.data.schema import ITEM_ID, RATING, TEXT, TIMESTAMP, USER_ID, RawData, SourceTable
from gnas_ray.data.splits import PART_NAMES, TRAIN
from gnas_ray.data.splits.base import Labels


@dataclass(frozen=True)
class Built:
    """Everything a prepared folder holds, still in memory."""

    parts: dict[str, pa.Table]
    users: pa.Table
    items: pa.Table
    report: PreparationReport


def build(options: DataOptions, home: Path) -> Built:
    """Read, check, filter, split, and check again.

    Raises:
        UsageError: Every problem of the tables at once; after them, every problem of the parts.
    """
    raw = options.dataset.load(home)
    if problems := check_tables(raw):
        raise UsageError("data", problems)
    ids = collect_ids(raw)
    everything = to_log(raw, ids)
    log, counts = apply_filters(everything, options)
    kept_users = np.unique(log.user_index).astype(np.intp)
    kept_items = _kept_items(everything, log, len(ids.items))
    log, ids = _renumber(log, ids, kept_users, kept_items)
    labels = _labels(log, options)
    _check_parts(log, labels, ids, raw, options)
    items = _item_table(raw.items, ids.items)
    parts = [log.take(np.flatnonzero(labels == part)) for part in range(len(PART_NAMES))]
    counts += tuple(Count.of(name, part) for name, part in zip(PART_NAMES, parts, strict=True))
    return Built(
        parts={name: _part_table(part) for name, part in zip(PART_NAMES, parts, strict=True)},
        users=_side_table(raw.users, ids.users, USER_ID),
        items=items,
        report=_report(raw, parts[TRAIN], items, counts, len(ids.users)),
    )


def _kept_items(before: Log, after: Log, num_items: int) -> NDArray[np.intp]:
    """Items with an interaction, and those that never had one; not those a filter emptied."""
    kept = np.ones(num_items, dtype=bool)
    kept[before.item_index] = False
    kept[after.item_index] = True
    return np.flatnonzero(kept)


def _renumber(log: Log, ids: Ids, users: NDArray[np.intp], items: NDArray[np.intp]) -> tuple[Log, Ids]:
    new_user = np.zeros(len(ids.users), dtype=np.int32)
    new_user[users] = np.arange(len(users))
    new_item = np.zeros(len(ids.items), dtype=np.int32)
    new_item[items] = np.arange(len(items))
    renumbered = log.with_index(new_user[log.user_index], new_item[log.item_index])
    return renumbered, Ids(ids.users.take(pa.array(users)), ids.items.take(pa.array(items)))


def _labels(log: Log, options: DataOptions) -> Labels:
    rule = options.split_rule
    if rule is None:
        return log.source
    if not len(log):
        raise UsageError("data", [Problem("", "no interaction is left after the filters")])
    return rule.assign(log.user_index, log.item_index, log.timestamp)


def _check_parts(log: Log, labels: Labels, ids: Ids, raw: RawData, options: DataOptions) -> None:
    sizes = np.bincount(labels, minlength=len(PART_NAMES))
    empty = [name for name, size in zip(PART_NAMES, sizes, strict=True) if not size]
    rule = options.split_rule.name if options.split_rule else "the given files"
    problems = [Problem("", f"{name} is empty: {rule} leaves it none of {len(log)} interactions") for name in empty]
    leaks = find_leaks(log, labels, ids, [source.file for source in raw.interactions])
    if leaks:
        problems += [*leaks, Problem("", "data.deduplicate decides which of repeated interactions is kept")]
    if problems:
        raise UsageError("data", problems)


def _part_table(log: Log) -> pa.Table:
    log = log.take(np.lexsort((log.item_index, log.user_index)))
    columns: dict[str, NDArray[Any]] = {USER_INDEX: log.user_index, ITEM_INDEX: log.item_index}
    columns |= {} if log.rating is None else {RATING: log.rating}
    columns |= {} if log.timestamp is None else {TIMESTAMP: log.timestamp}
    columns |= {EXTRA_PREFIX + name: values for name, values in log.extra.items()}
    return pa.table(columns)


def _item_table(source: SourceTable | None, ids: pa.Array) -> pa.Table:
    """`_side_table` with a text for every item."""
    table = _side_table(source, ids, ITEM_ID)
    texts = pa.array([""] * len(ids), pa.string())
    if TEXT in table.column_names:
        texts = pc.fill_null(table[TEXT], "")
        table = table.drop_columns([TEXT])
    return table.add_column(1, TEXT, texts)


def _side_table(source: SourceTable | None, ids: pa.Array, name: str) -> pa.Table:
    """The rows of the item (user) table for `ids`, in their order; nulls where it lacks one."""
    if source is None:
        return pa.table({name: ids})
    positions = pc.index_in(ids, source.table[name].combine_chunks())
    table = source.table.take(positions)
    return table.set_column(table.column_names.index(name), name, pa.chunked_array([ids]))


def _report(raw: RawData, train: Log, items: pa.Table, counts: tuple[Count, ...], num_users: int) -> PreparationReport:
    lacking = 0
    if raw.items is not None:
        lacking = int(pc.sum(pc.invert(pc.is_in(items[ITEM_ID], raw.items.table[ITEM_ID]))).as_py() or 0)
    return PreparationReport(
        steps=counts,
        users_without_training=num_users - len(np.unique(train.user_index)),
        items_without_training=len(items) - len(np.unique(train.item_index)),
        items_without_text=int(pc.sum(pc.equal(items[TEXT], "")).as_py() or 0),
        items_not_in_table=lacking,
        unknown_ids_kept=_num_unknown(raw, USER_ID) + _num_unknown(raw, ITEM_ID),
    )


def _num_unknown(raw: RawData, name: str) -> int:
    if not raw.parts_are_given:
        return 0
    train, *others = raw.interactions
    table = raw.users if name == USER_ID else raw.items
    unknown = [
        id_
        for part in others
        for id_ in part.table[name].filter(pa.array(unknown_id_mask(part, train, table, name))).to_pylist()
    ]
    return len(set(unknown))

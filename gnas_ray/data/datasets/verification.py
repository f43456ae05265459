"""Whether the tables of some files are the data set that they should be."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from gnas_ray.core import GnasRayError
from gnas_ray.data.schema import ITEM_ID, USER_ID, RawData


def count(raw: RawData) -> dict[str, int]:
    """Users and interactions, and the items of the item table."""
    interactions = raw.interactions[0].table
    items = raw.items.table if raw.items else interactions
    return {
        "users": len(interactions[USER_ID].unique()),
        "items": len(items[ITEM_ID].unique()),
        "interactions": len(interactions),
    }


def verified(raw: RawData, where: str, title: str, counts: Mapping[str, int], sha256: str | None = None) -> RawData:
    """`raw`, when it has these `counts` (some of `count`) and its interactions this `checksum`.

    Raises:
        GnasRayError: It has not.
    """
    found = {name: number for name, number in count(raw).items() if name in counts}
    if found != counts:
        raise GnasRayError(f"{where}: not {title}, which has {counts}; here are {found}")
    if sha256 and (other := checksum(raw.interactions[0].table)) != sha256:
        raise GnasRayError(f"{where}: not {title}, the checksum of the interactions is {other}, not {sha256}")
    return raw


def checksum(interactions: pa.Table) -> str:
    """SHA-256 of the lines ``user<tab>item[<tab>rating][<tab>timestamp]``, sorted by all of it; ratings are whole."""
    ordered = interactions.sort_by([(name, "ascending") for name in interactions.column_names])
    columns = [
        column if pa.types.is_string(column.type) else column.cast(pa.int64()).cast(pa.string())
        for column in ordered.columns
    ]
    lines = pc.binary_join_element_wise(*columns, "\t").to_pylist()
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()

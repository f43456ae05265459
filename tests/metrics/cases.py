"""Small random evaluation problems, with many ties, long-seen users and users without anything relevant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from scipy.sparse import csr_array


@dataclass(frozen=True)
class Case:
    scores: np.ndarray
    seen: list[set[int]]
    relevant: list[set[int]]


def as_csr(rows: list[set[int]], num_items: int) -> csr_array:
    row_index = [row for row, items in enumerate(rows) for _ in items]
    item_index = [item for items in rows for item in items]
    return csr_array((np.ones(len(item_index)), (row_index, item_index)), shape=(len(rows), num_items))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    num_users, num_items = draw(st.integers(1, 5)), draw(st.integers(1, 12))
    levels = draw(st.sampled_from([1, 3, 1000]))  # 1: everything ties
    scores = draw(
        st.lists(
            st.lists(st.integers(-levels, levels), min_size=num_items, max_size=num_items),
            min_size=num_users,
            max_size=num_users,
        )
    )
    # A set bit: 1 is seen, 2 is relevant
    roles = draw(
        st.lists(
            st.lists(st.integers(0, 3), min_size=num_items, max_size=num_items),
            min_size=num_users,
            max_size=num_users,
        )
    )
    roles[0][draw(st.integers(0, num_items - 1))] |= 2  # somebody must like something
    pick = [[{i for i, role in enumerate(row) if role & bit} for row in roles] for bit in (1, 2)]
    return Case(np.array(scores, dtype=np.float32), seen=pick[0], relevant=pick[1])
